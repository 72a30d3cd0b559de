// Uploads books that are chosen or dropped anywhere on the page, then shows the form for their options.
import {said, tell, visit} from "./site.js";

const MAX_TOGETHER = 20;
const at = id => document.getElementById(id);
const hasFiles = event => [...event.dataTransfer?.types ?? []].includes("Files");

// Begin the view; `signal` ends it.
export function mount(signal) {
  const zone = at("drop");
  let depth = 0;
  const hear = (name, deed) => addEventListener(name, event => { if (hasFiles(event)) deed(event); }, {signal});
  hear("dragenter", () => { depth += 1; zone.classList.add("over"); });
  hear("dragleave", () => { if ((depth -= 1) <= 0) zone.classList.remove("over"); });
  hear("dragover", event => event.preventDefault());
  hear("drop", event => {
    event.preventDefault();
    depth = 0;
    zone.classList.remove("over");
    uploadAll([...event.dataTransfer.files]);
  });
  at("files").addEventListener("change", () => uploadAll([...at("files").files]));
}

async function uploadAll(files) {
  const zone = at("drop"), input = at("files"), bar = at("upload"), words = at("upload-words");
  if (!files.length) return;
  if (files.length > MAX_TOGETHER) tell(`The first ${MAX_TOGETHER} files are taken; add the others afterwards.`);
  const drafts = [];
  bar.hidden = false;
  input.disabled = true;
  for (const file of files.slice(0, MAX_TOGETHER)) {
    words.textContent = `Uploading ${file.name}`;
    const draft = await upload(file, zone.dataset.upload, bar);
    if (draft) drafts.push(draft);
  }
  bar.hidden = true;
  words.textContent = "";
  input.disabled = false;
  input.value = "";
  if (drafts.length) visit(zone.dataset.add + drafts.join(","));
}

// fetch() cannot tell how much has been sent, so this is the older way.
function upload(file, address, bar) {
  return new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open("POST", `${address}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-Form-Token", document.querySelector("meta[name=form-token]").content);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = event => { bar.value = event.lengthComputable ? 100 * event.loaded / event.total : 0; };
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText).draft);
      else { tell(`${file.name}: ${said(request.responseText)}`); resolve(null); }
    };
    request.onerror = () => { tell(`${file.name} could not be sent. Try again.`); resolve(null); };
    request.send(file);
  });
}
