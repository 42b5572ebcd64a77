// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads a file on a medium back from its first byte to its last and compares its SHA-256 with the
// package's. The file goes nowhere: what is sent is the digest, in the form's hidden line.
import { Sha256 } from "./sha256.js";

const SLICE = 4 << 20;
const box = document.getElementById("readback");
const chosen = box.querySelector("input[type=file]");
const bar = box.querySelector("progress");
const status = box.querySelector("[role=status]");
const target = document.getElementById(box.dataset.target);
let turn = 0;

async function digestOf(file, mine) {
  const sha = new Sha256();
  let shown = 0;
  for (let at = 0; at < file.size; at += SLICE) {
    sha.update(new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer()));
    if (mine !== turn) return null;
    bar.value = Math.floor((100 * Math.min(at + SLICE, file.size)) / file.size);
    if (bar.value >= shown + 10) {
      shown = bar.value;
      status.textContent = `${box.dataset.reading} ${shown}%`;
    }
  }
  return sha.hex();
}

chosen.addEventListener("change", async () => {
  turn += 1;
  const mine = turn;
  const [file] = chosen.files;
  target.value = "";
  box.classList.remove("wrong");
  status.textContent = "";
  bar.hidden = !file;
  if (!file) return;
  if (file.size !== Number(box.dataset.size)) {
    bar.hidden = true;
    box.classList.add("wrong");
    status.textContent = box.dataset.sizeOther;
    return;
  }
  bar.value = 0;
  status.textContent = box.dataset.reading;
  try {
    const found = await digestOf(file, mine);
    if (found === null) return;
    const same = found === box.dataset.digest;
    target.value = same ? found : "";
    box.classList.toggle("wrong", !same);
    status.textContent = same ? box.dataset.same : box.dataset.other;
  } catch {
    box.classList.add("wrong");
    status.textContent = box.dataset.failed;
  }
});
