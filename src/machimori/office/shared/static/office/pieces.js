// SPDX-License-Identifier: AGPL-3.0-or-later
// Fetches a package in pieces over a slow or broken link. A link with data-pieces is followed a
// piece at a time; what broke off goes on where it stopped, and never with another file's piece
// (If-Range). The fingerprint is computed as it comes and written where the form asks for it.
const PIECE = 1 << 20;
const LONGEST_WAIT = 15000;

// SHA-256 (FIPS 180-4) of what comes in pieces: the browser's own takes only what is all there.
const [ROUND, START] = (() => {
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  return [primes.map((p) => fraction(Math.cbrt(p))), primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)))];
})();

class Digest {
  constructor() {
    this.state = Int32Array.from(START);
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(0);
    this.size = 0;
  }

  block(view, at) {
    const w = this.words;
    for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const a = w[i - 15];
      const b = w[i - 2];
      const low = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const high = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = (w[i - 16] + low + w[i - 7] + high) | 0;
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let i = 0; i < 64; i += 1) {
      const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + high + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0;
      d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { this.state[i] = (this.state[i] + value) | 0; });
  }

  add(bytes) {
    this.size += bytes.length;
    let data = bytes;
    if (this.rest.length) {
      data = new Uint8Array(this.rest.length + bytes.length);
      data.set(this.rest);
      data.set(bytes, this.rest.length);
    }
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    let at = 0;
    for (; at + 64 <= data.length; at += 64) this.block(view, at);
    this.rest = data.slice(at);
  }

  finish() {
    const size = this.size;
    const tail = new Uint8Array(((this.rest.length + 72) >> 6 << 6) - this.rest.length);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(size / 2 ** 29));
    view.setUint32(tail.length - 4, (size << 3) >>> 0);
    this.add(tail);
    return [...this.state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

async function piece(address, from, to, tag) {
  const headers = { Range: `bytes=${from}-${to}` };
  if (tag) headers["If-Range"] = tag;
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (answer.status !== 206) throw new Error(`status ${answer.status}`);
  return { bytes: new Uint8Array(await answer.arrayBuffer()), tag: answer.headers.get("ETag") };
}

async function fetched(link, status) {
  const { size: whole, digest: wanted } = link.dataset;
  const size = Number(whole);
  const parts = [];
  const digest = new Digest();
  let tag = "";
  let wait = 500;
  for (let at = 0; at < size;) {
    try {
      const found = await piece(link.href, at, Math.min(at + PIECE, size) - 1, tag);
      tag = found.tag;
      digest.add(found.bytes);
      parts.push(new Blob([found.bytes]));
      at += found.bytes.length;
      wait = 500;
      status.textContent = `${link.dataset.fetching} ${Math.floor((100 * at) / size)}%`;
    } catch {
      status.textContent = `${link.dataset.waiting} ${Math.floor((100 * at) / size)}%`;
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
  const found = digest.finish();
  return found === wanted ? { blob: new Blob(parts, { type: "application/zip" }), found } : null;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-pieces]");
  if (!link) return;
  event.preventDefault();
  const status = document.getElementById("pieces");
  if (link.dataset.busy) return;
  link.dataset.busy = "1";
  const made = await fetched(link, status);
  delete link.dataset.busy;
  if (!made) {
    status.textContent = link.dataset.wrong;
    return;
  }
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(made.blob);
  saved.download = link.dataset.name;
  saved.click();
  setTimeout(() => URL.revokeObjectURL(saved.href), 60000);
  document.getElementById(link.dataset.into).value = made.found;
  status.textContent = link.dataset.done;
});
