// SPDX-License-Identifier: AGPL-3.0-or-later
// Plays a viewing: a screen per camera, one clock for all. The server says which pieces are stored
// and gives each as fragmented MP4 whose times count from the interval's start; nothing is kept.
const TYPE = 'video/mp4; codecs="avc1.640033"';
const AHEAD = 20;
const PORTION = 10;
// What a screen without a picture asks for: the rest waits until all of them have theirs.
const FIRST = 1;
const KEPT = 60;

class Screen {
  constructor(camera, player) {
    this.camera = camera;
    this.player = player;
    this.loaded = new Map();
    this.element = document.createElement("figure");
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.disablePictureInPicture = true;
    this.video.setAttribute("aria-label", camera.name);
    this.mark = document.createElement("span");
    this.mark.className = "player-mark";
    this.note = document.createElement("p");
    this.note.className = "player-gap";
    this.note.hidden = true;
    const caption = document.createElement("figcaption");
    caption.textContent = camera.note ? `${camera.name}　${camera.note}` : camera.name;
    const frame = document.createElement("div");
    frame.className = "player-frame";
    frame.append(this.video, this.note, this.mark);
    this.element.append(frame, caption);
    this.source = new MediaSource();
    this.ready = new Promise((resolve) => {
      this.source.addEventListener("sourceopen", () => {
        this.buffer = this.source.addSourceBuffer(TYPE);
        this.source.duration = player.reel.length;
        resolve();
      }, { once: true });
    });
    this.video.src = URL.createObjectURL(this.source);
    this.interval = 1 / 15;
    this.measure();
    // The first piece is asked for while the source still opens.
    this.early = this.first();
  }

  // How far apart pictures are, for stepping.
  measure() {
    if (!this.video.requestVideoFrameCallback) return;
    let before = null;
    const seen = (now, frame) => {
      const passed = before === null ? 0 : frame.mediaTime - before;
      if (passed > 0.01 && passed < 1) this.interval = passed;
      before = frame.mediaTime;
      this.video.requestVideoFrameCallback(seen);
    };
    this.video.requestVideoFrameCallback(seen);
  }

  first() {
    const piece = this.camera.pieces[0];
    if (!piece || piece.start > this.player.at + AHEAD) return null;
    const found = { piece, since: piece.start, until: piece.start + FIRST };
    return { ...found, answer: this.ask(found) };
  }

  ask({ piece, since, until }) {
    this.feeding = new AbortController();
    const [from, to] = [since, until].map((at) => Math.max(0, Math.round(at * 1e6)));
    return fetch(`${piece.address}?since=${from}&until=${to}`, { signal: this.feeding.signal, cache: "no-store" });
  }

  gapAt(at) {
    return this.camera.gaps.find((gap) => gap.start <= at && at < gap.end);
  }

  buffered(at) {
    const ranges = this.video.buffered;
    for (let n = 0; n < ranges.length; n += 1) {
      if (ranges.start(n) - 0.3 <= at && at < ranges.end(n)) return ranges.end(n);
    }
    return null;
  }

  // Whether all that is stored of the piece at this time was sent.
  sent(piece, at) {
    const told = this.loaded.get(piece);
    return Boolean(told) && told.from <= at + 0.05 && at < told.to;
  }

  // The next piece that is wanted at this time, and from where on.
  wanted(at) {
    const from = this.buffered(at) ?? at;
    for (const piece of this.camera.pieces) {
      let since = Math.max(from, piece.start);
      if (this.sent(piece, since)) since = this.loaded.get(piece).to;
      if (since < piece.end - 0.05 && since <= at + AHEAD) return { piece, since, until: since + (this.waits(at) ? FIRST : PORTION) };
    }
    return null;
  }

  // Whether a picture of this time is stored and still to come.
  waits(at) {
    if (this.gapAt(at) || this.shown(at) !== null) return false;
    return this.camera.pieces.some((one) => one.start <= at && at < one.end && !this.sent(one, at));
  }

  came({ piece, since, until }) {
    const told = this.loaded.get(piece);
    const goesOn = told && told.from <= since && since <= (this.buffered(told.to) ?? told.to) + 0.05;
    const to = Math.max(until, this.buffered(since) ?? 0);
    this.loaded.set(piece, { from: goesOn ? told.from : since, to });
  }

  // Which time's picture is shown: where none decodes although all was sent, because the interval
  // began between two key pictures, the next one's. null: it is still to come.
  shown(at) {
    if (this.buffered(at) !== null) return at;
    if (!this.camera.pieces.some((one) => this.sent(one, at))) return null;
    const ranges = this.video.buffered;
    for (let n = 0; n < ranges.length; n += 1) if (ranges.start(n) > at) return ranges.start(n);
    return null;
  }

  async feed(at) {
    if (this.feeding && !this.early) return;
    if (!this.early && !this.waits(at) && this.player.screens.some((one) => one.waits(at))) return;
    const early = this.early;
    this.early = null;
    const found = early ?? this.wanted(at);
    if (!found) return;
    const asked = early ? early.answer : this.ask(found);
    const { signal } = this.feeding;
    try {
      await this.ready;
      await this.evict(at);
      const answer = await asked;
      if (!answer.ok) throw new Error(String(answer.status));
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        await this.append(value);
        // A picture that somebody waits for is not left until the next tick.
        if (Math.abs(this.video.currentTime - this.player.at) > 0.3) this.show(this.player.at, this.player.playing, this.player.speed);
      }
      this.came(found);
    } catch (error) {
      if (error.name !== "AbortError") this.player.fail();
      else if (this.buffer && !this.buffer.updating) this.buffer.abort();
    } finally {
      this.feeding = null;
    }
    // Who jumped elsewhere while this came waits for the other.
    if (signal.aborted) this.feed(this.player.at);
  }

  append(bytes) {
    return this.updated(() => this.buffer.appendBuffer(bytes));
  }

  updated(act) {
    return new Promise((resolve, reject) => {
      this.buffer.addEventListener("updateend", resolve, { once: true });
      this.buffer.addEventListener("error", reject, { once: true });
      act();
    });
  }

  async evict(at) {
    for (const [from, to] of [[0, at - KEPT], [at + 3 * KEPT, this.player.reel.length]]) {
      if (to > from) await this.updated(() => this.buffer.remove(from, to));
    }
    for (const piece of [...this.loaded.keys()]) {
      if (piece.start < at - KEPT || piece.end > at + 3 * KEPT) this.loaded.delete(piece);
    }
  }

  jump() {
    if (this.feeding) this.feeding.abort();
    this.loaded.clear();
  }

  show(at, playing, speed) {
    const gap = this.gapAt(at);
    this.note.hidden = !gap;
    this.note.textContent = gap ? `${this.player.element.dataset.noPicture}：${gap.cause}` : "";
    this.video.classList.toggle("off", Boolean(gap));
    const shown = this.shown(at);
    if (gap || shown === null) {
      this.video.pause();
      return !this.waits(at);
    }
    const moving = playing && shown === at;
    if (Math.abs(this.video.currentTime - shown) > (moving ? 0.3 : 0.005)) this.video.currentTime = shown;
    this.video.playbackRate = speed;
    if (moving && this.video.paused) this.video.play().catch(() => {});
    if (!moving && !this.video.paused) this.video.pause();
    return this.video.readyState >= 2;
  }
}

// 範囲を選ぶ: the form's rows, filled from where the player stands, and shown on the time line.
class Parts {
  constructor(player) {
    this.form = document.querySelector(".player-parts");
    for (const row of this.form?.querySelectorAll("fieldset") ?? []) {
      for (const button of row.querySelectorAll("button[data-part]")) {
        button.addEventListener("click", () => {
          const shown = new Date((player.reel.begins + player.at) * 1000).toLocaleString("sv-SE", { timeZone: "Asia/Tokyo" });
          row.querySelector(`input[name$="-${button.dataset.part}"]`).value = shown.replace(" ", "T");
          row.querySelector("input[type=checkbox]").checked = true;
          row.dispatchEvent(new Event("change"));
        });
      }
    }
  }

  draw(camera, place, reel) {
    const row = this.form?.querySelector(`fieldset[data-camera="${camera.id}"]`);
    if (!row) return;
    const bar = document.createElement("span");
    bar.className = "chosen";
    const after = (name) => Date.parse(`${row.querySelector(`input[name$="-${name}"]`).value}+09:00`) / 1000 - reel.begins;
    const shown = () => {
      const [from, to] = [after("begin"), after("end")].map((at) => Math.min(Math.max(at, 0), reel.length));
      bar.hidden = !row.querySelector("input[type=checkbox]").checked || !(from < to);
      bar.style.left = `${100 * from / reel.length}%`;
      bar.style.width = `${100 * (to - from) / reel.length}%`;
    };
    row.addEventListener("change", shown);
    shown();
    place.append(bar);
  }
}

class Player {
  constructor(element) {
    this.element = element;
    this.reel = JSON.parse(element.dataset.reel);
    const first = Math.min(...this.reel.cameras.flatMap((one) => one.pieces.map((piece) => piece.start)));
    this.at = Number.isFinite(first) ? first : 0;
    this.speed = 1;
    this.playing = false;
    this.last = performance.now();
    this.screens = this.reel.cameras.map((camera) => new Screen(camera, this));
    const place = this.find(".player-screens");
    place.dataset.count = this.screens.length;
    place.append(...this.screens.map((one) => one.element));
    this.seek = this.find(".player-seek");
    this.seek.max = this.reel.length;
    this.parts = new Parts(this);
    const still = document.querySelector(".player-still");
    still?.addEventListener("submit", () => { still.elements.at.value = Math.round(this.at * 1e6); });
    this.draw();
    this.listen();
    this.tick();
    setInterval(() => this.tick(), 50);
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  draw() {
    const line = this.find(".player-line");
    for (const { camera } of this.screens) {
      const row = document.createElement("div");
      row.className = "player-row";
      const bars = [...camera.pieces.map((one) => [one, "stored"]), ...camera.gaps.map((one) => [one, "gap"])];
      for (const [one, kind] of bars) {
        const bar = document.createElement("span");
        bar.className = kind;
        bar.style.left = `${100 * one.start / this.reel.length}%`;
        bar.style.width = `${100 * (one.end - one.start) / this.reel.length}%`;
        if (one.cause) bar.title = one.cause;
        row.append(bar);
      }
      this.parts.draw(camera, row, this.reel);
      line.append(row);
    }
  }

  listen() {
    this.seek.addEventListener("input", () => this.move(Number(this.seek.value)));
    for (const button of this.element.querySelectorAll("button[data-act]")) {
      button.addEventListener("click", () => this.act(button.dataset.act));
    }
    this.find("select").addEventListener("change", (event) => { this.speed = Number(event.target.value); });
    this.find("form[data-act=jump]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.jumpTo(new FormData(event.target).get("at"));
    });
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, select, button, a, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
      const act = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", ",": "step-back", ".": "step" }[event.key];
      if (act) {
        event.preventDefault();
        this.act(act);
      }
    });
  }

  act(name) {
    const step = this.screens[0]?.interval ?? 1 / 15;
    if (name === "play") this.playing = !this.playing;
    else if (name === "back") this.move(this.at - 10);
    else if (name === "forward") this.move(this.at + 10);
    else {
      this.playing = false;
      this.move(this.at + (name === "step" ? step : -step));
    }
    const button = this.find("[data-act=play]");
    button.textContent = this.playing ? button.dataset.pause : button.dataset.play;
  }

  move(to) {
    this.at = Math.min(Math.max(0, to), this.reel.length);
    for (const screen of this.screens) if (screen.buffered(this.at) === null) screen.jump();
    this.last = performance.now();
    this.tick();
  }

  // A time of day inside the interval, which may pass midnight. Japan has no summer time.
  jumpTo(text) {
    const found = /^(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?$/.exec(text.trim());
    if (!found) return;
    const wanted = Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3] || 0);
    const begins = (this.reel.begins + 9 * 3600) % 86400;
    this.move((wanted - begins + 86400) % 86400);
  }

  tick() {
    const now = performance.now();
    const passed = (now - this.last) / 1000;
    this.last = now;
    let together = true;
    for (const screen of this.screens) {
      if (!screen.show(this.at, this.playing, this.speed)) together = false;
      screen.feed(this.at);
    }
    if (this.playing && together) this.at = Math.min(this.at + passed * this.speed, this.reel.length);
    if (this.playing && this.at >= this.reel.length) this.act("play");
    this.seek.value = this.at;
    const time = new Date((this.reel.begins + this.at) * 1000);
    const text = time.toLocaleTimeString("ja-JP", { timeZone: "Asia/Tokyo", hour12: false });
    this.find(".player-now").textContent = text;
    this.seek.setAttribute("aria-valuetext", text);
    const corner = Math.floor(Date.now() / 4000) % 4;
    for (const screen of this.screens) {
      screen.mark.textContent = `${this.element.dataset.mark}　${new Date().toLocaleString("ja-JP", { timeZone: "Asia/Tokyo" })}`;
      screen.mark.dataset.corner = corner;
    }
  }

  fail() {
    this.playing = false;
    this.find(".player-said").textContent = this.element.dataset.failed;
  }
}

for (const element of document.querySelectorAll(".player")) new Player(element);
