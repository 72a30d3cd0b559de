// Uploads books that are chosen or dropped anywhere on the page, then shows the form for their options.
import {said, tell} from "./site.js";

const zone = document.getElementById("drop"), input = document.getElementById("files");
const bar = document.getElementById("upload"), words = document.getElementById("upload-words");
const MAX_TOGETHER = 20;
let depth = 0;

const hasFiles = event => [...event.dataTransfer?.types ?? []].includes("Files");
addEventListener("dragenter", event => { if (hasFiles(event)) { depth += 1; zone.classList.add("over"); } });
addEventListener("dragleave", event => { if (hasFiles(event) && (depth -= 1) <= 0) zone.classList.remove("over"); });
addEventListener("dragover", event => { if (hasFiles(event)) event.preventDefault(); });
addEventListener("drop", event => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  zone.classList.remove("over");
  uploadAll([...event.dataTransfer.files]);
});
input.addEventListener("change", () => uploadAll([...input.files]));

async function uploadAll(files) {
  if (!files.length) return;
  if (files.length > MAX_TOGETHER) tell(`The first ${MAX_TOGETHER} files are taken; add the others afterwards.`);
  const drafts = [];
  bar.hidden = false;
  input.disabled = true;
  for (const file of files.slice(0, MAX_TOGETHER)) {
    words.textContent = `Uploading ${file.name}`;
    const draft = await upload(file);
    if (draft) drafts.push(draft);
  }
  bar.hidden = true;
  words.textContent = "";
  input.disabled = false;
  input.value = "";
  if (drafts.length) location.assign(zone.dataset.add + drafts.join(","));
}

// fetch() cannot tell how much has been sent, so this is the older way.
function upload(file) {
  return new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open("POST", `${zone.dataset.upload}?name=${encodeURIComponent(file.name)}`);
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
