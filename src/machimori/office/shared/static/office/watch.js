// SPDX-License-Identifier: AGPL-3.0-or-later
// Shows a shift's present pictures: every camera in one answer, asked for again and again. What was
// shown is thrown away after some seconds; there is no pause and no way back.
const EVERY = 300;
const KEPT = 8;
const BEHIND = 2.5;
const SILENT = 5000;

class Screen {
  constructor(camera, words) {
    this.words = words;
    this.after = 0;
    this.came = performance.now();
    this.queue = [];
    this.element = document.createElement("figure");
    this.element.dataset.camera = camera.id;
    const frame = document.createElement("div");
    frame.className = "player-frame";
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.disablePictureInPicture = true;
    this.video.disableRemotePlayback = true;
    this.video.setAttribute("aria-label", camera.name);
    this.video.addEventListener("contextmenu", (event) => event.preventDefault());
    this.video.addEventListener("pause", () => this.video.play().catch(() => {}));
    this.note = document.createElement("p");
    this.note.className = "player-gap";
    this.note.textContent = words.waiting;
    const mark = document.createElement("span");
    mark.className = "player-mark";
    mark.dataset.corner = "0";
    mark.textContent = words.mark;
    frame.append(this.video, this.note, mark);
    const caption = document.createElement("figcaption");
    caption.textContent = camera.name;
    this.element.append(frame, caption);
  }

  // What the server says of this camera, and its picture if there is one.
  take(said, data) {
    this.missing = said.missing;
    if (said.missing) return;
    this.after = said.after;
    this.came = performance.now();
    if (said.joined || said.codec !== this.codec) this.begin(said.codec);
    this.queue.push(data);
    this.feed();
  }

  begin(codec) {
    this.codec = codec;
    this.queue = [];
    this.buffer = null;
    const source = new MediaSource();
    source.addEventListener("sourceopen", () => {
      const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
      buffer.addEventListener("updateend", () => this.feed());
      this.buffer = buffer;
      this.feed();
    }, { once: true });
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(source);
    this.video.src = this.address;
  }

  feed() {
    const buffer = this.buffer;
    if (!buffer || buffer.updating) return;
    const ranges = buffer.buffered;
    if (ranges.length) {
      const end = ranges.end(ranges.length - 1);
      const start = ranges.start(ranges.length - 1);
      const at = this.video.currentTime;
      if (at < start || end - at > BEHIND) this.video.currentTime = Math.max(start, end - 0.3);
      if (this.video.paused) this.video.play().catch(() => {});
      if (ranges.start(0) < at - 2 * KEPT) {
        buffer.remove(0, at - KEPT);
        return;
      }
    }
    const next = this.queue.shift();
    if (next) {
      try {
        buffer.appendBuffer(next);
      } catch {
        this.after = 0;
      }
    }
  }

  look() {
    if (this.missing) this.say(this.words[this.missing]);
    else if (performance.now() - this.came > SILENT) this.say(this.words.unavailable);
    else if (this.video.currentTime > 0) this.say("");
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }
}

class Watch {
  constructor(element) {
    this.element = element;
    const { waiting, unavailable, refused, busy, mark } = element.dataset;
    const words = { waiting, unavailable, refused, busy, mark };
    this.screens = new Map();
    const place = element.querySelector(".player-screens");
    for (const camera of JSON.parse(element.dataset.cameras)) {
      const screen = new Screen(camera, words);
      this.screens.set(camera.id, screen);
      place.append(screen.element);
    }
    place.dataset.count = String(this.screens.size);
    this.said = element.querySelector(".watch-said");
    this.stopped = false;
    this.ask();
  }

  async ask() {
    while (!this.stopped) {
      const after = {};
      for (const [name, screen] of this.screens) after[name] = screen.after;
      try {
        const address = `${this.element.dataset.pictures}?after=${encodeURIComponent(JSON.stringify(after))}`;
        const answer = await fetch(address, { cache: "no-store", redirect: "manual" });
        if (answer.status === 403 || answer.type === "opaqueredirect") {
          this.said.textContent = answer.status === 403 ? await answer.text() : this.element.dataset.over;
          this.blank();
          return;
        }
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        this.read(await answer.arrayBuffer());
        this.said.textContent = "";
      } catch {
        this.said.textContent = this.element.dataset.broken;
      }
      for (const screen of this.screens.values()) screen.look();
      await new Promise((resolve) => { setTimeout(resolve, EVERY); });
    }
  }

  // Rows of `u32 length, JSON, MP4`.
  read(bytes) {
    const view = new DataView(bytes);
    for (const screen of this.screens.values()) screen.missing = "";
    for (let at = 0; at + 4 <= bytes.byteLength;) {
      const size = view.getUint32(at);
      const said = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, at + 4, size)));
      at += 4 + size;
      const data = bytes.slice(at, at + (said.size || 0));
      at += said.size || 0;
      this.screens.get(said.camera)?.take(said, data);
    }
  }

  // Nobody may watch any more: not the last picture either.
  blank() {
    this.stopped = true;
    for (const screen of this.screens.values()) {
      screen.video.removeAttribute("src");
      screen.video.load();
      screen.say(this.said.textContent);
    }
  }
}

// The page names the next person: its head, who watches, and the mark over every picture.
async function rename(watcher) {
  document.getElementById("watcher").textContent = watcher;
  for (const mark of document.querySelectorAll(".player-mark")) {
    mark.textContent = `${watcher}　${mark.textContent.split("　").slice(1).join("　")}`;
  }
  const page = await (await fetch(window.location.href, { cache: "no-store" })).text();
  const head = new DOMParser().parseFromString(page, "text/html").querySelector("header");
  if (head) document.querySelector("header").replaceWith(head);
}

// 交替: the session becomes the next person's in one answer, and the picture goes on.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-next]");
  if (!form) return;
  event.preventDefault();
  const status = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  button.disabled = true;
  status.textContent = form.dataset.waiting || "";
  try {
    const answer = form.dataset.next === "key"
      ? await ceremony(form)
      : await (await fetch(form.action, { method: "POST", body: new FormData(form) })).json();
    if (answer.watcher) {
      await rename(answer.watcher);
      form.reset();
    }
    status.textContent = answer.watcher ? form.dataset.done : answer.refused;
  } catch {
    status.textContent = form.dataset.failed;
  }
  button.disabled = false;
});

const found = document.querySelector(".watch");
if (found) new Watch(found);
