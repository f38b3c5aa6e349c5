// Old syntax on purpose: a Node that is too old must get as far as the message below.
'use strict';
var fs = require('fs');
var path = require('path');
var nodeModule = require('module');

// The first Node 22 that runs TypeScript sources without a flag; Node 23 got there with 23.6.
var NEEDED = [22, 18];

function versionAtLeast(version, needed) {
  var parts = version.split('.').map(Number);
  return parts[0] > needed[0] || (parts[0] === needed[0] && parts[1] >= needed[1]);
}

function refuse(root) {
  var checkout = fs.existsSync(path.join(root, 'package-lock.json'));
  var hint = checkout
    ? "Type: (cd '" + root + "' && npm ci), which brings a Node of its own"
    : 'Install a newer one, for example: npm install --global node@24';
  process.stderr.write(
    '<px> Expected Node ' +
      NEEDED.join('.') +
      ' or newer, found ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '). ' +
      hint +
      '.\n',
  );
  process.exit(125);
}

// Not by `recursive`, which never ends in /proc: there a folder that is there answers ENOENT.
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  fs.mkdirSync(folder, 448); // 0700
}

// Node keeps compiled code, and sources without their types, from one start to the next.
// In PX_HOME and not in a shared temporary folder: who can write there can run code as this user.
// Not by NODE_COMPILE_CACHE: the environment is handed on to the user's programs.
function keepCompiledCode() {
  var home;
  try {
    home = process.env.PX_HOME || path.join(require('os').homedir(), '.px');
    makeFolder(home);
    nodeModule.enableCompileCache(path.join(home, 'cache', 'compile'));
  } catch (error) {
    // A home that cannot be written costs some milliseconds a start, nothing else.
  }
}

// Node 22 announces type stripping as experimental at every start; px relies on it knowingly.
function silenceTypeStripping() {
  var emitWarning = process.emitWarning;
  process.emitWarning = function (warning) {
    if (/Type Stripping/.test(String(warning))) return;
    emitWarning.apply(process, arguments);
  };
}

// Every command looks for its project from here; the name is gone where the folder was removed.
function requireWorkingDirectory() {
  try {
    process.cwd();
  } catch (error) {
    process.stderr.write(
      '<px> Expected a working directory, got one that was removed. Go to one that exists with cd.\n',
    );
    process.exit(125);
  }
}

function start() {
  var root = path.dirname(__dirname);
  if (!versionAtLeast(process.versions.node, NEEDED)) refuse(root);
  requireWorkingDirectory();
  keepCompiledCode();
  var source = path.join(root, 'cli', 'main.ts');
  var isCheckout = fs.existsSync(source);
  if (isCheckout) silenceTypeStripping();
  var entry = isCheckout ? source : path.join(root, 'dist', 'cli', 'bundle', 'main.cjs');
  // An entry file may ask whether it is the program: it is.
  process.argv[1] = entry;
  // A package's one file is CommonJS, which costs less to load.
  if (!isCheckout) return require(entry);
  return import(require('url').pathToFileURL(entry).href);
}

void start();
