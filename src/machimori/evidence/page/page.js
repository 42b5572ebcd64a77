// SPDX-License-Identifier: AGPL-3.0-or-later
// The page around the verifier: what is chosen goes to the worker, what it says is shown.
"use strict";

const TEXTS = {
  title: ["証拠の検証", "Verify evidence"],
  language: ["English", "日本語"],
  what: [
    "市から受け取った証拠が、作られたときから変わっていないかを確かめます。",
    "Finds out whether evidence that a city handed over has changed since it was made.",
  ],
  zip: ["1. 証拠のファイル（zip）を選ぶ", "1. Choose the package (zip)"],
  zip_hint: [
    "媒体（DVD・USB）の中のファイルを、そのまま選べます。",
    "You can choose it where it is, on the disc or stick.",
  ],
  folder_more: ["展開したフォルダーを確かめるとき", "To verify an unpacked folder"],
  folder: ["フォルダーを選ぶ", "Choose the folder"],
  city: ["2. 市の鍵の指紋（64文字）を入れる", "2. Enter the fingerprint of the city's key (64 characters)"],
  city_hint: [
    "市のホームページや広報にあるものを入れてください。証拠と一緒に渡された紙のものは使わないでください。空のままなら、どの市が作ったかは確かめません。",
    "Take it from what the city publishes, not from what came with the evidence. If it stays empty, it is not shown which city made it.",
  ],
  go: ["確かめる", "Verify"],
  result: ["結果", "Result"],
  checked: ["確かめたこと", "What was checked"],
  print: ["結果を印刷する", "Print the result"],
  offline: [
    "このページはネットワークを使いません。ブラウザーにも禁じています。選んだファイルはどこにも送られません。",
    "This page uses no network; it forbids the browser to. What you choose is sent nowhere.",
  ],
  software: ["街守（まちもり）検証ページ", "Machimori verification page"],
  starting: ["準備しています（10秒ほどかかります）", "Getting ready (about ten seconds)"],
  ready: ["", ""],
  nothing: ["証拠のファイルを選んでください。", "Choose a package first."],
  working: ["確かめています", "Verifying"],
  failed: ["検証できませんでした：", "Verification failed: "],
  camera: ["カメラ ", "Camera "],
  play: ["再生する：", "Play: "],
  viewing: ["（閲覧用・証拠ではありません）", " (for viewing, not evidence)"],
  cannot_play: [
    "このブラウザーでは再生できない形式です。証拠としての確認には影響しません。",
    "This browser cannot play the format. The verification is not affected.",
  ],
};
const MARKS = { sound: "✓", origin_unproven: "△" };
const element = (id) => document.getElementById(id);

let language = 0;
let chosen = null;
let worker = null;
let shown = null;
let started = false;
let state = "starting";
let address = "";

function text(key) {
  return TEXTS[key][language];
}

function write() {
  document.documentElement.lang = language ? "en" : "ja";
  document.title = text("title");
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = text(one.dataset.text);
  tell(state);
}

function tell(key, more = "") {
  state = key;
  element("state").textContent = text(key) + more;
  element("go").disabled = !started || key === "working";
}

async function bytes(id) {
  const source = element(id);
  const raw = Uint8Array.from(atob(source.textContent), (letter) => letter.charCodeAt(0));
  if (source.dataset.gzip !== "true") return raw;
  const plain = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

// From a disk, a worker may import from data: addresses only.
async function script(id) {
  const blob = new Blob([await bytes(id)], { type: "text/javascript" });
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
}

async function start() {
  const runtime = {
    "pyodide.mjs": await script("pyodide.mjs"),
    "pyodide.asm.mjs": await script("pyodide.asm.mjs"),
    "pyodide.asm.wasm": await bytes("pyodide.asm.wasm"),
    "python_stdlib.zip": await bytes("python_stdlib.zip"),
  };
  worker = new Worker(await script("worker"), { type: "module" });
  worker.onmessage = ({ data }) => answer(data);
  worker.onerror = (event) => tell("failed", event.message || "");
  const [sources, lock] = ["sources", "lock"].map((id) => JSON.parse(element(id).textContent));
  worker.postMessage({ start: { runtime, sources, lock } });
}

function answer(data) {
  if (data.ready) {
    started = true;
    tell("ready");
  }
  if (data.failed) {
    tell("failed", data.failed);
    element("progress").hidden = true;
  }
  if (data.total) {
    element("progress").value = data.done / data.total;
    element("state").textContent = `${text("working")} ${Math.floor((100 * data.done) / data.total)} %`;
  }
  if (data.shown) {
    shown = data.shown;
    element("progress").hidden = true;
    tell("ready");
    show();
    element("result").focus();
  }
}

function verify(event) {
  event.preventDefault();
  if (!chosen) {
    tell("nothing");
    return;
  }
  stopFilms();
  element("result").hidden = true;
  element("progress").hidden = false;
  element("progress").value = 0;
  tell("working");
  const city = element("city").value.trim();
  worker.postMessage({ judge: { ...chosen, city, language: language ? "en" : "ja" } });
}

function listed(texts) {
  const list = document.createElement("ul");
  list.append(...texts.map((one) => written("li", one)));
  return list;
}

function written(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

function show() {
  const [mark, sentence] = element("verdict").children;
  element("verdict").className = shown.verdict;
  mark.textContent = MARKS[shown.verdict] || "✕";
  sentence.textContent = shown.sentence;
  element("sections").replaceChildren(
    ...shown.sections.flatMap(([heading, texts]) => [written("h3", heading), listed(texts)]),
  );
  element("cameras").replaceChildren(...shown.cameras.map(camera));
  element("facts").replaceChildren(...shown.facts.map((one) => written("li", one)));
  element("result").hidden = false;
}

function camera({ camera: name, lines, films }) {
  const made = document.createElement("section");
  const list = document.createElement("div");
  list.className = "films";
  list.append(...films.map(film));
  made.append(written("h3", text("camera") + name), listed(lines), list);
  return made;
}

function film({ path, kind, at, size }) {
  const made = document.createElement("p");
  const label = path.slice(path.lastIndexOf("/") + 1) + (kind === "viewing" ? text("viewing") : "");
  const button = written("button", text("play") + label);
  button.type = "button";
  button.onclick = () => {
    stopFilms();
    const file = at === null ? inFolder(path) : chosen.files[0].file.slice(at, at + size, "video/mp4");
    address = URL.createObjectURL(file);
    const video = document.createElement("video");
    video.controls = true;
    video.src = address;
    video.setAttribute("aria-label", label);
    video.onerror = () => video.replaceWith(written("span", text("cannot_play")));
    button.after(video);
    video.play().catch(() => undefined); // the reader starts it, if the browser wants that
  };
  made.append(button);
  return made;
}

function inFolder(path) {
  const { file } = chosen.files.find(({ name }) => name === `${chosen.folder}/${path}`);
  return file.slice(0, file.size, "video/mp4");
}

function stopFilms() {
  for (const video of document.querySelectorAll("video")) video.remove();
  if (address) URL.revokeObjectURL(address);
  address = "";
}

element("zip").onchange = ({ target }) => {
  element("folder").value = "";
  chosen = target.files.length ? { folder: "", files: [{ name: "package.zip", file: target.files[0] }] } : null;
};
element("folder").onchange = ({ target }) => {
  element("zip").value = "";
  const files = [...target.files].map((file) => ({ name: file.webkitRelativePath, file }));
  chosen = files.length ? { folder: files[0].name.split("/")[0], files } : null;
};
element("form").onsubmit = verify;
element("print").onclick = () => window.print();
element("language").onclick = () => {
  language = 1 - language;
  element("result").hidden = true;
  write();
};
write();
start().catch((error) => tell("failed", String(error)));
