// SPDX-License-Identifier: AGPL-3.0-or-later
// Runs the verifier's Python beside the page. Answers {ready}, {done, total}, {shown} or {failed}.

const MADE_HERE = "https://within.this.page/";
let python = null;

self.onmessage = async ({ data: order }) => {
  try {
    if (order.start) {
      await start(order.start);
      self.postMessage({ ready: true });
    } else {
      self.postMessage({ shown: judge(order.judge) });
    }
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};

async function start({ runtime, sources, lock }) {
  const files = {
    "pyodide.asm.wasm": ["application/wasm", runtime["pyodide.asm.wasm"]],
    "python_stdlib.zip": ["application/zip", runtime["python_stdlib.zip"]],
  };
  // Pyodide asks for its files by address; they are here, and nothing else may be asked for.
  self.fetch = async (address) => {
    const found = files[String(address).slice(MADE_HERE.length)];
    if (!found) throw new TypeError("this page loads nothing");
    return new Response(found[1], { headers: { "content-type": found[0] } });
  };
  const { loadPyodide } = await import(runtime["pyodide.mjs"]);
  const { default: createPyodideModule } = await import(runtime["pyodide.asm.mjs"]);
  python = await loadPyodide({
    indexURL: MADE_HERE,
    createPyodideModule,
    lockFileContents: lock,
  });
  for (const [path, text] of Object.entries(sources)) {
    python.FS.mkdirTree("/verifier/" + path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile("/verifier/" + path, text);
  }
  python.runPython("import sys; sys.path.insert(0, '/verifier')");
}

function judge({ files, folder, city, language }) {
  const { WORKERFS } = python.FS.filesystems;
  python.FS.mkdirTree("/chosen");
  // Files stay where they are; Python reads them slice by slice.
  python.FS.mount(WORKERFS, { blobs: files.map(({ name, file }) => ({ name, data: file })) }, "/chosen");
  let told = 0;
  const progress = (done, total) => {
    if (performance.now() - told > 200) {
      told = performance.now();
      self.postMessage({ done, total });
    }
  };
  const browser = python.pyimport("machimori.evidence.verifier.browser");
  try {
    const path = "/chosen/" + (folder || files[0].name);
    return JSON.parse(browser.judge.callKwargs(path, { city, language, progress }));
  } finally {
    browser.destroy();
    python.FS.unmount("/chosen");
  }
}
