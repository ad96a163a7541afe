// The contract as a page, by AsyncAPI's own template.  node pages.mjs SOURCE_DIR INSTALLED OUT
import path from 'node:path';
import {createRequire} from 'node:module';

const [source, installed, out] = process.argv.slice(2).map((folder) => path.resolve(folder));
process.chdir(installed);  // where the generator looks for its template
const require = createRequire(path.join(installed, 'package.json'));
const Generator = require('@asyncapi/generator');
const generator = new Generator('@asyncapi/html-template', out,
    {forceWrite: true, templateParams: {singleFile: 'true'}});
await generator.generateFromFile(path.join(source, 'schemas/asyncapi.yaml'));
