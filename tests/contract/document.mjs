// Is schemas/asyncapi.yaml the contract? Run by tests/contract/run:  node document.mjs SOURCE_DIR INSTALLED
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {isDeepStrictEqual} from 'node:util';

const [source, installed] = process.argv.slice(2).map((folder) => path.resolve(folder));
const require = createRequire(path.join(installed, 'package.json'));
const {Parser, fromFile} = require('@asyncapi/parser');
const Ajv = require('ajv');
const yaml = require('js-yaml');

const schemas = path.join(source, 'schemas');
const file = path.join(schemas, 'asyncapi.yaml');
const written = yaml.load(fs.readFileSync(file, 'utf8'));
const json = (...names) => JSON.parse(fs.readFileSync(path.join(schemas, ...names), 'utf8'));
const jsonFiles = (folder) => fs.readdirSync(path.join(schemas, folder)).filter((name) => name.endsWith('.json'));
const schemaFiles = jsonFiles('.').filter((name) => name.endsWith('.schema.json'));

let failures = 0;
function check(what, problems) {
    console.log(`${problems.length ? 'FAILED' : 'ok    '}  ${what}`);
    for (const problem of problems) console.log(`        ${problem}`);
    failures += problems.length;
}

// Is it AsyncAPI, says AsyncAPI? What it only recommends (a newer version of itself) is let pass.
const {document, diagnostics} = await fromFile(new Parser(), file).parse();
check('the document is valid, says @asyncapi/parser',
    diagnostics.filter((d) => d.severity <= 1)
        .map((d) => `${file}:${d.range.start.line + 1}  ${d.path.join('/')}: ${d.message}`));
if (!document) process.exit(1);

// Does it name everything? A schema that nobody told it about is a message that nobody is told about.
const messages = Object.entries(written.components.messages);
const refOf = (part) => part?.schema?.$ref;
const carriers = (ref) => messages.filter(([, m]) => refOf(m.payload) === ref || refOf(m.headers) === ref);
const isEvent = (name) => !name.startsWith('autosignin.');
check('every schema is a message of the document',
    schemaFiles.filter((name) => carriers(`./${name}`).length !== 1).map((name) =>
        `schemas/${name} is not, or more than once. Add a message with \`schema: {$ref: "./${name}"}\`, put it into ` +
        'a channel and an operation, and show it by an example.'));
check('every event is a message in binary mode too',
    schemaFiles.filter(isEvent).filter((name) => carriers(`./${name}#/properties/data`).length !== 1).map((name) =>
        `schemas/${name} is not. Add a message with \`headers: {$ref: "#/components/schemas/binary_mode"}\` and ` +
        `\`schema: {$ref: "./${name}#/properties/data"}\`.`));
check('a message is named after its schema', schemaFiles.flatMap((name) => {
    const type = name.replace(/\.schema\.json$/, '');
    return carriers(`./${name}`).filter(([, m]) => refOf(m.payload) && m.name !== type)
        .map(([key, m]) => `${key} is named ${m.name}, its schema ${type}`);
}));
const inOperations = new Set(document.operations().all().flatMap((o) => o.messages().all().map((m) => m.name())));
check('every message is in a channel and an operation',
    messages.filter(([, m]) => !inOperations.has(m.name)).map(([key]) => `${key} is in no operation`));
// "Needs TLS" is half of what a client has to know: how does it say who it is?
const schemes = written.components.securitySchemes;
const usedBy = new Map(Object.entries(written.servers).map(([name, server]) => [name, (server.security ?? []).map((s) => s.$ref)]));
check('every server says how a client logs in, over TLS', Object.entries(written.servers).flatMap(([name, server]) => [
    ...(server.protocol === 'kafka-secure' ? [] : [`${name} is reached by ${server.protocol}, and events hold token values`]),
    ...(usedBy.get(name).length ? [] : [`${name} has no security`]),
    ...Object.keys(schemes).filter((key) => !usedBy.get(name).includes(`#/components/securitySchemes/${key}`))
        .map((key) => `${name} does not name ${key}`)]));
check('every message says its Kafka key',
    document.allMessages().all().filter((m) => !m.bindings().get('kafka')?.value()?.key).map((m) => m.name()));

// Are the examples what the schemas say? In ajv's strict mode, so that a misspelt keyword is an error. (Its
// rule that `required` stands beside `properties` forbids `then: {required: [...]}`, which is good draft-07.)
const ajv = new Ajv({strict: true, strictRequired: false, allErrors: true});
const idOf = new Map(schemaFiles.map((name) => {
    const schema = json(name);
    ajv.addSchema(schema);
    return [name, schema.$id];
}));
const problemsOf = (value, schema, pointer, where) => {
    const validate = ajv.getSchema(idOf.get(schema) + pointer);
    return validate(value) ? [] : validate.errors.map((e) => `${where}${e.instancePath}: ${e.message}`);
};
check('every schema compiles in ajv\'s strict mode', schemaFiles.flatMap((name) => {
    try {
        ajv.getSchema(idOf.get(name));
        return [];
    } catch (error) {
        return [`schemas/${name}: ${error.message}`];
    }
}));
if (failures) process.exit(1);

const shown = new Set();
const examples = ['valid', 'receipts', 'audit'].flatMap((folder) => jsonFiles(`examples/${folder}`).map((name) => {
    const event = json('examples', folder, name);
    shown.add(event.type);
    return {event, schema: `${event.type}.schema.json`, where: `examples/${folder}/${name}`};
}));
check('every example is what the schema of its type says',
    examples.flatMap(({event, schema, where}) => idOf.has(schema)
        ? [...problemsOf(event, schema, '', where), ...problemsOf(event.data, schema, '#/properties/data', where)]
        : [`${where}: there is no schemas/${schema}`]));
const headersSchema = 'autosignin.dead-letter.headers.v1.schema.json';
const letters = jsonFiles('examples/dead-letters');
check('every dead letter\'s headers are what their schema says',
    letters.flatMap((name) => problemsOf(json('examples/dead-letters', name), headersSchema, '', name)));
check('every type has an example', schemaFiles.filter((n) => n !== headersSchema)
    .map((n) => n.replace(/\.schema\.json$/, '')).filter((type) => !shown.has(type)));
const isBinary = ([, m]) => (refOf(m.payload) ?? '').includes('#');
check('every structured message shows an example, a file, and it fits', messages.filter((m) => !isBinary(m)).flatMap(([key, m]) => {
    const ref = refOf(m.payload) ?? refOf(m.headers);
    const part = refOf(m.payload) ? 'payload' : 'headers';
    const files = (m.examples ?? []).map((e) => e[part]?.$ref);
    if (!files.length || files.includes(undefined)) return [`${key} shows none, or one that is no file`];
    return files.flatMap((f) => problemsOf(json(f), ref.slice(2), '', f));
}));

// In binary mode an example is the same event: `data` of a file, and the rest of it as headers.
const binaryMode = new Ajv({strict: false, allErrors: true})  // `components` is no keyword of JSON Schema
    .compile({components: {schemas: written.components.schemas}, $ref: '#/components/schemas/binary_mode'});
const asHeaders = ({data, datacontenttype, ...attributes}) => ({
    'content-type': datacontenttype ?? 'application/json',
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]))});
check('every message in binary mode shows an example, an event of a file, and it fits', messages.filter(isBinary).flatMap(([key, m]) => {
    if (!m.examples?.length) return [`${key} shows none`];
    return m.examples.flatMap(({name, headers, payload}) => {
        const [file, pointer] = (payload?.$ref ?? '').split('#');
        if (pointer !== '/data') return [`${key}, ${name}: the payload is not {$ref: "./examples/valid/FILE.json#/data"}`];
        const event = json(file);
        const [schema, part] = refOf(m.payload).slice(2).split('#');
        return [...problemsOf(event.data, schema, `#${part}`, file),
            ...(binaryMode(headers) ? [] : binaryMode.errors.map((e) => `${key}, ${name}: headers${e.instancePath} ${e.message}`)),
            ...(isDeepStrictEqual(headers, asHeaders(event)) ? [] :
                [`${key}, ${name}: the headers are not those of ${file}: ${JSON.stringify(asHeaders(event))}`])];
    });
}));

// Are a dead letter's headers the ones that the code writes?
const code = fs.readFileSync(path.join(source, 'worker/core/settle/letter_headers.hpp'), 'utf8');
const headersOfCode = [...code.matchAll(/"(dlq\.[a-z.]+)";/g)].map((m) => m[1]).filter((name) => name !== 'dlq.');
const namesOfCode = new Map([...code.matchAll(/string_view ([a-z_]+) = "(dlq\.[a-z.]+)";/g)].map((m) => [m[1], m[2]]));
const resend = fs.readFileSync(path.join(source, 'worker/core/letters/resend.cpp'), 'utf8');
const replayedOfCode = [...resend.matchAll(/say\(letter_header::([a-z_]+)/g)].map((m) => namesOfCode.get(m[1]));
const replayed = Object.keys(document.json().components.schemas.replayed.properties);
const headersOfSchema = Object.keys(json(headersSchema).properties);
check('the schema of a dead letter\'s headers names those of worker/core/settle/letter_headers.hpp', [
    ...headersOfCode.filter((name) => !headersOfSchema.includes(name)).map((name) => `${name} is not in the schema`),
    ...headersOfSchema.filter((name) => !headersOfCode.includes(name)).map((name) => `${name} is not in the code`),
    ...replayed.filter((name) => !headersOfCode.includes(name)).map((name) => `${name} of a replay is not in the code`),
    ...replayedOfCode.filter((name) => !replayed.includes(name)).map((name) => `a replay writes ${name}, which the document does not name`),
    ...(headersOfCode.length ? [] : ['no header found in the code: does this check still read it right?']),
]);
process.exit(failures ? 1 : 0);
