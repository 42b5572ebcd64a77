// SPDX-License-Identifier: AGPL-3.0-or-later
// The ceremonies with a FIDO2 key. A form with data-key="get" or "create" asks its data-options for
// what to ask the key, and sends the answer to its action, with what is written in a field named note;
// the server says where to go, or why not.
const decode = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function post(address, form, body) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
    throw new Error(form.dataset.failed);
  }
  return answer.json();
}

function prepared(options) {
  const found = { ...options.publicKey };
  found.challenge = decode(found.challenge);
  if (found.user) found.user = { ...found.user, id: decode(found.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (found[name]) found[name] = found[name].map((one) => ({ ...one, id: decode(one.id) }));
  }
  return found;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = encode(credential.response[name]);
  }
  const id = encode(credential.rawId);
  return { id, rawId: id, type: credential.type, response, clientExtensionResults: {} };
}

async function ceremony(form) {
  const publicKey = prepared(await post(form.dataset.options, form, {}));
  const credential = await navigator.credentials[form.dataset.key]({ publicKey });
  const sent = form.dataset.key === "create"
    ? { label: new FormData(form).get("label"), response: written(credential) }
    : written(credential);
  const note = new FormData(form).get("note");
  if (note !== null) sent.note = note;
  return post(form.action, form, sent);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-key]");
  if (!form) return;
  event.preventDefault();
  const status = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  status.textContent = form.dataset.waiting;
  button.disabled = true;
  try {
    const answer = await ceremony(form);
    if (answer.location) {
      window.location.assign(answer.location);
      return;
    }
    status.textContent = answer.refused;
  } catch {
    status.textContent = form.dataset.failed;
  }
  button.disabled = false;
});
