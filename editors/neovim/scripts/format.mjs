// Formats the plugin's Lua with StyLua, which comes as WebAssembly from npm: `node scripts/format.mjs [--check]`.
// The settings are those of .stylua.toml, which a StyLua that is installed reads itself.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stylua = createRequire(join(root, 'tests', 'package.json'))('@johnnymorganz/stylua');
const check = process.argv.includes('--check');

// Each call uses one up.
function settings() {
  const config = stylua.Config.new();
  config.column_width = 120;
  config.indent_type = stylua.IndentType.Spaces;
  config.indent_width = 2;
  config.quote_style = stylua.QuoteStyle.AutoPreferSingle;
  config.call_parentheses = stylua.CallParenType.Always;
  return config;
}

const files = ['lua', 'plugin', 'scripts', 'tests']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter((name) => name.endsWith('.lua') && !name.includes('node_modules'));

let unformatted = 0;
for (const name of files) {
  const path = join(root, name);
  const code = readFileSync(path, 'utf8');
  const formatted = stylua.formatCode(code, settings(), undefined, stylua.OutputVerification.None);
  if (formatted !== code) {
    unformatted += 1;
    console.log(check ? `${name} is not formatted` : `${name}: formatted`);
    if (!check) writeFileSync(path, formatted);
  }
}
process.exitCode = check && unformatted > 0 ? 1 : 0;
