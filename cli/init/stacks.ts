/** How one ecosystem gets its dependencies onto a node. */
interface Stack {
  name: string;
  /** The first of these that exists is the one that is named. */
  files: readonly string[];
  /** Shell lines; what they name makes `setup` run again when it changes. */
  setup: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Not looked for where a stack of the same family was found. */
  family: string;
}

/** Where Python packages go: into the job's own tree, so that nothing of the node's is touched. */
const PYTHON_ENV = { PYTHONPATH: 'packages' };

/** In each family, from the most exact (a lockfile) to the least. */
const STACKS: readonly Stack[] = [
  {
    name: 'npm with a lockfile',
    family: 'node',
    files: ['package-lock.json'],
    setup: ['# installs what package-lock.json says', 'npm ci --omit=dev --no-audit --no-fund'],
  },
  {
    name: 'pnpm',
    family: 'node',
    files: ['pnpm-lock.yaml'],
    setup: [
      '# installs what pnpm-lock.yaml says',
      'npx --yes pnpm install --prod --frozen-lockfile',
    ],
  },
  {
    name: 'Yarn',
    family: 'node',
    files: ['yarn.lock'],
    setup: ['# installs what yarn.lock says', 'npx --yes yarn install --frozen-lockfile'],
  },
  {
    name: 'Bun',
    family: 'node',
    files: ['bun.lock', 'bun.lockb'],
    setup: ['# installs what the lockfile of bun says', 'npx --yes bun install --frozen-lockfile'],
  },
  {
    name: 'npm',
    family: 'node',
    files: ['package.json'],
    setup: ['# installs what package.json says', 'npm install --omit=dev --no-audit --no-fund'],
  },
  {
    name: 'uv',
    family: 'python',
    files: ['uv.lock'],
    setup: [
      '# installs what uv.lock says',
      'uv export --frozen --no-dev --no-emit-project --output-file /tmp/px-requirements.txt',
      'python3 -m pip install --target packages -r /tmp/px-requirements.txt',
    ],
    env: PYTHON_ENV,
  },
  {
    name: 'pip requirements',
    family: 'python',
    files: ['requirements.txt'],
    setup: ['python3 -m pip install --target packages -r requirements.txt'],
    env: PYTHON_ENV,
  },
  {
    name: 'Python project',
    family: 'python',
    files: ['pyproject.toml', 'setup.py'],
    setup: ['# builds what pyproject.toml describes', 'python3 -m pip install --target packages .'],
    env: PYTHON_ENV,
  },
  {
    name: 'Go modules',
    family: 'go',
    files: ['go.mod'],
    setup: ['# go.mod, go.sum', 'mkdir -p bin', 'go build -o bin/ ./...'],
  },
  {
    name: 'Cargo',
    family: 'rust',
    files: ['Cargo.toml'],
    setup: ['# Cargo.toml, Cargo.lock', 'cargo build --release'],
  },
  {
    name: 'Bundler',
    family: 'ruby',
    files: ['Gemfile'],
    setup: ['# Gemfile, Gemfile.lock', 'BUNDLE_PATH=vendor/bundle bundle install'],
    env: { BUNDLE_PATH: 'vendor/bundle' },
  },
  {
    name: 'Composer',
    family: 'php',
    files: ['composer.json'],
    setup: ['# composer.json, composer.lock', 'composer install --no-dev --no-interaction'],
  },
  {
    name: 'Maven',
    family: 'java',
    files: ['pom.xml'],
    setup: ['# pom.xml', 'mvn --batch-mode --quiet package -DskipTests'],
  },
  {
    name: 'Gradle',
    family: 'java',
    files: ['build.gradle', 'build.gradle.kts'],
    setup: ['./gradlew assemble'],
  },
];

/** Only where nothing else was found: a Makefile beside a package.json is a person's shorthand. */
const MAKE: Stack = {
  name: 'make',
  family: 'make',
  files: ['Makefile', 'makefile', 'GNUmakefile'],
  setup: ['# builds what the Makefile says', 'make'],
};

/** A stack, and the file that gave it away. */
export interface FoundStack {
  stack: Stack;
  file: string;
}

/** The stacks of a directory with these names in it, one a family. */
export const findStacks = (names: ReadonlySet<string>): FoundStack[] => {
  const found: FoundStack[] = [];
  const look = (stack: Stack): void => {
    const file = stack.files.find((name) => names.has(name));
    if (file === undefined || found.some((other) => other.stack.family === stack.family)) return;
    found.push({ stack, file });
  };
  for (const stack of STACKS) look(stack);
  if (found.length === 0) look(MAKE);
  return found;
};
