// Reads the paths of files from standard input, one a line, and writes each with brotli beside it, as `<path>.br`. Hosts
// compress while they answer, so this takes less trouble than `cargo dev size`.
const { readFileSync, writeFileSync } = require('node:fs');
const { brotliCompressSync, constants } = require('node:zlib');

for (const path of readFileSync(0, 'utf8').split('\n').filter(path => path !== '')) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 };
  writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }));
}
