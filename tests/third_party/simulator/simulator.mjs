// The served simulator: where it is, what people in it do, and the browser that a person sits at.
import { readFileSync } from "node:fs";

export const apple = "https://appleid.apple.com"; // the issuer; served elsewhere

export class Simulator {
    constructor(path) {
        this.where = JSON.parse(readFileSync(path, "utf8"));
        this.client = this.where.sign_in_with_apple;
        this.key = readFileSync(this.client.key_file, "utf8");
    }

    // The same request to the served simulator instead of Apple.
    fetch = (url, options) => fetch(String(url).replace(apple, this.where.identity), options);

    // The front desk: what a person does. Gives the result.
    async act(action, fields = {}) {
        const body = new URLSearchParams({ action, ...fields });
        const response = await fetch(`${this.where.front_desk}/do`, { method: "POST", body });
        const answer = await response.json();
        if (!response.ok) throw new Error(`${action}: ${answer.error}`);
        return answer.result;
    }
    async state() {
        return (await fetch(`${this.where.front_desk}/state`)).json();
    }
    async notifications() {
        return (await (await fetch(`${this.where.front_desk}/notifications`)).json()).notifications;
    }

    // Opens an authorization URL as a browser would; gives what arrives at the redirect URI:
    // {mode: query|fragment|form_post, url, fields}.
    async browse(url) {
        const response = await this.fetch(url, { redirect: "manual" });
        if (response.status === 302) {
            const there = new URL(response.headers.get("location"));
            const mode = there.hash === "" ? "query" : "fragment";
            const text = mode === "query" ? there.search : there.hash;
            return { mode, url: there.href, fields: Object.fromEntries(new URLSearchParams(text.slice(1))) };
        }
        const page = await response.text();
        const form = page.match(/<form method="post" action="([^"]*)">/);
        if (response.status !== 200 || form === null) throw new Error(`a browser is shown ${response.status}: ${page}`);
        const fields = {};
        for (const [, name, value] of page.matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
            fields[name] = value.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
        }
        return { mode: "form_post", url: form[1], fields };
    }
}
