// The same question to CloudEvents' own SDK for JavaScript: does it read what we show and write?
//   node sdk.mjs SOURCE_DIR INSTALLED WORKER WRITTEN      WRITTEN: what wire.py found in Kafka
import fs from 'node:fs';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {spawnSync} from 'node:child_process';
import {createRequire} from 'node:module';

const [source, installed, worker, written] = process.argv.slice(2).map((name) => path.resolve(name));
const {CloudEvent, Kafka} = createRequire(path.join(installed, 'package.json'))('cloudevents');
const examples = path.join(source, 'schemas/examples');
let failures = 0;
const check = (what, problem) => {
    if (!problem) return;
    failures += 1;
    console.log(`FAILED  ${what}\n        ${problem}`);
};
// The SDK writes the instant its own way; null is absent.
const attributes = ({data, partitionkey, ...rest}) => Object.fromEntries(Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, name === 'time' ? Date.parse(value) : value]));
const asObject = (data) => typeof data === 'string' ? JSON.parse(data) : data;
const same = (event, file) => isDeepStrictEqual(attributes(event.toJSON()), attributes(file)) &&
    isDeepStrictEqual(asObject(event.data), file.data);
const text = (value) => typeof value === 'string' ? value : JSON.stringify(value);
const binary = (event) => Kafka.binary(new CloudEvent({...event.toJSON(), ...(event.subject && {partitionkey: event.subject})}));

function read(file) {
    const document = JSON.parse(file);
    const event = Kafka.toEvent({headers: {'content-type': 'application/cloudevents+json'}, key: '', value: file, body: file});
    const again = Kafka.toEvent(binary(event));
    const problems = [event, again].filter((each) => !same(each, document)).map((each) => JSON.stringify(each));
    return {event, problems};
}
function explained(message) {
    const headers = Object.entries(message.headers).filter(([, value]) => value !== undefined && value !== null).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
    const ended = spawnSync(worker, ['explain', '-', '--key', message.key ?? '', ...headers], {input: text(message.value)});
    return ended.status === 0 ? '' : `${ended.stdout}${ended.stderr}`;
}

let count = 0;
for (const folder of ['valid', 'receipts', 'audit']) {
    for (const name of fs.readdirSync(path.join(examples, folder))) {
        const file = fs.readFileSync(path.join(examples, folder, name), 'utf8');
        let found;
        try {
            found = read(file);
        } catch (error) {
            found = {problems: [String(error.message)]};
        }
        check(name, found.problems.join('\n'));
        count += 1;
        if (folder === 'valid' && !found.problems.length) {
            check(`${name}, structured`, explained(Kafka.structured(found.event)));
            check(`${name}, binary`, explained(binary(found.event)));
        }
    }
}
const messages = JSON.parse(fs.readFileSync(written, 'utf8'));
for (const message of messages) {
    let problem = '';
    try {
        const event = Kafka.toEvent({headers: message.headers, key: message.key, value: message.value, body: message.value});
        if (event.subject !== message.key || !event.data) problem = JSON.stringify(event);
    } catch (error) {
        problem = String(error.message);
    }
    check(`written to ${message.topic}`, problem);
}
console.log(`${failures ? 'FAILED' : 'ok    '}  cloudevents for JavaScript: ${count} examples, receipts and audit records ` +
    `read in both modes, and ${messages.length} messages that a worker wrote`);
process.exit(failures ? 1 : 0);
