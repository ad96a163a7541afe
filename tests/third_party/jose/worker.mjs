// The program under test as a child process, started as a person starts it.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { appKey, client, clientKey, issuer, team } from "./apple.mjs";

export class Worker {
    constructor(program, folder, url) {
        this.program = program;
        this.folder = folder;
        this.url = url;
        this.written = 0;
    }

    // A configuration with `change` made to its one client; returns the file.
    config(change = {}) {
        const one = { client_id: client, team_id: team, secret_lifetime: "1h", key: clientKey, file: "client.p8", ...change };
        const path = `${this.folder}/worker-${++this.written}.yaml`;
        writeFileSync(path, `
kafka: {bootstrap_servers: "127.0.0.1:1", topics: [events]}
apple: {ca_file: server.pem, transport: http1, request_timeout: 5s}
apps:
  - {name: tv, bundle_id: com.example.tv, issuer_id: ${issuer}, base_url: "${this.url}", keys: [{id: ${appKey}, file: app.p8}]}
sign_in_with_apple:
  endpoint: "${this.url}"
  clients:
    - {client_id: ${one.client_id}, team_id: ${one.team_id}, secret_lifetime: ${one.secret_lifetime}, keys: [{id: ${one.key}, file: ${one.file}}]}
`);
        return path;
    }

    // {code, out, err} once it ended.
    run(config, command, { input = "", more = [], group = ["sign-in-with-apple"] } = {}) {
        return new Promise((done, failed) => {
            const child = spawn(this.program, [...group, command, "-c", config, ...more].filter((word) => word !== ""));
            let out = "";
            let err = "";
            child.stdout.on("data", (part) => (out += part));
            child.stderr.on("data", (part) => (err += part));
            child.on("error", failed);
            child.stdin.on("error", () => {}); // it may end without reading
            child.on("close", (code) => done({ code, out, err }));
            child.stdin.end(input);
        });
    }
}
