// The button images, read by something that knows PNG: zlib of node and the header's fields.
import assert from "node:assert/strict";
import zlib from "node:zlib";

const chunksOf = (bytes) => {
    const chunks = {};
    for (let at = 8; at < bytes.length;) {
        const size = bytes.readUInt32BE(at);
        const type = bytes.toString("latin1", at + 4, at + 8);
        if (zlib.crc32 !== undefined) assert.equal(zlib.crc32(bytes.subarray(at + 4, at + 8 + size)), bytes.readUInt32BE(at + 8 + size));
        chunks[type] = bytes.subarray(at + 8, at + 8 + size);
        at += 12 + size;
    }
    return chunks;
};

export async function checks(simulator, check) {
    const get = (path) => fetch(simulator.where.identity + path);
    await check("button images: PNGs of the size asked for", async () => {
        for (const [path, width, height] of [
            ["/appleid/button/logo", 30, 30],
            ["/appleid/button/logo?size=64&scale=6&color=white&border=true", 384, 384],
            ["/appleid/button/left?type=continue&width=375&height=64&scale=2", 750, 128],
        ]) {
            const response = await get(path);
            assert.equal(response.headers.get("content-type"), "image/png");
            const bytes = Buffer.from(await response.arrayBuffer());
            assert.equal(bytes.toString("latin1", 1, 4), "PNG");
            const { IHDR, IDAT } = chunksOf(bytes);
            assert.deepEqual([IHDR.readUInt32BE(0), IHDR.readUInt32BE(4)], [width, height]);
            assert.equal(zlib.inflateSync(IDAT).length, height * (1 + Math.ceil(width / 8)));
        }
        assert.equal((await get("/appleid/button/logo?size=65")).status, 404);
    });
}
