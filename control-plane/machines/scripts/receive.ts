/**
 * Takes a file from stdin: $1 folder, $2 name, $3 sha256 of the unpacked file, $4 command that
 * unpacks. The file stands there whole and verified, or not at all.
 */
export const RECEIVE = `
umask 077
mkdir -p "$1" && cd "$1" || exit
trap 'rm -f "$2.new"' EXIT
$4 >"$2.new" || exit
if command -v sha256sum >/dev/null; then got=$(sha256sum <"$2.new"); else got=$(shasum -a 256 <"$2.new"); fi
got=\${got%% *}
if [ "$got" != "$3" ]; then echo "$2 arrived damaged: sha256 $got, expected $3" >&2; exit 1; fi
chmod 700 "$2.new" && mv "$2.new" "$2" && printf '%s' "$3" >"$2.sha256"
`;
