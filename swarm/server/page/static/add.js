// The form that adds books: what is in them, and the voices, come when they are asked for.
import {post, tell} from "./site.js";

const POLL_MS = 500;

// Begin the view; what is here ends with its elements.
export function mount(signal) {
  const form = document.getElementById("add"), voices = document.getElementById("voices");
  const list = document.getElementById("list-voices"), player = new Audio();
  const field = option => document.getElementById(`field${option}`);
  const fields = () => new URLSearchParams(new FormData(form));

  // Show the HTML that an address answers with; its words are escaped by the server. A refusal comes as JSON.
  // An answer that comes after a later question was asked is passed over.
  const asked = new Map();
  async function fill(place, address, body) {
    asked.set(place, body);
    place.setAttribute("aria-busy", "true");
    const answer = await post(address, body, {Accept: "text/html, application/json"});
    const text = answer ? await answer.text() : "";
    if (asked.get(place) !== body) return;
    if (answer) place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    place.removeAttribute("aria-busy");
  }

  const contents = [...document.querySelectorAll("[data-contents]")];
  async function look(place) {
    await fill(place, place.dataset.contents, fields());
    if (signal.aborted) return;
    const broken = contents.every(each => each.querySelector("[name=broken]"));
    for (const part of [document.getElementById("add-all"), document.getElementById("options").parentElement]) {
      part.hidden = broken;
    }
    const known = document.querySelector("[data-language]")?.dataset;
    if (!known) return;
    for (const [option, value] of [["--language", known.language], ["--tts-engine", known.engine]]) {
      if (field(option)) field(option).placeholder = value;
    }
    if (language() !== voices.dataset.of) listVoices();
  }
  contents.forEach(look);

  form.addEventListener("change", event => {
    if (event.target.matches("[data-reread]")) look(event.target.closest("[data-contents]"));
    if (["--language", "--tts-engine"].some(option => event.target === field(option)) ||
        event.target.closest("fieldset")?.dataset.rereads) contents.forEach(look);
  });

  // The voices are those of the language that the user chose, else of the first book; they are listed anew when that is known.
  const language = () => field("--language")?.value || document.querySelector("[data-language]")?.dataset.language || "";
  async function listVoices() {
    list.disabled = true;
    const of = voices.dataset.of = language();
    await fill(voices, list.dataset.voices, new URLSearchParams({language: of}));
    list.disabled = false;
    mark();
  }
  // Mark the voice that is chosen, else the default.
  function mark() {
    const chosen = field("--voice").value;
    for (const row of voices.querySelectorAll(".voice")) {
      const isUsed = chosen ? row.querySelector("[data-use]")?.dataset.use === chosen : row.matches("[data-default]");
      row.toggleAttribute("data-used", isUsed);
      row.querySelector(".used").hidden = !isUsed;
    }
  }
  list.addEventListener("click", listVoices);

  voices.addEventListener("click", async event => {
    const button = event.target.closest("button"), {hear, use, engine, language} = button?.dataset ?? {};
    if (use !== undefined) {
      field("--voice").value = use;
      field("--tts-engine").value = engine;
      tell(`The voice is ${use}.`);
      mark();
      contents.forEach(look);
    }
    if (hear === undefined && use === undefined) return;
    if (await isHere(button.closest(".voice")) && hear !== undefined) play(button, {voice: hear, engine, language});
  });

  // Have what a voice needs fetched, and show how far that is; tell whether it is here.
  async function isHere(row) {
    const model = row.dataset.fetch, place = row.querySelector(".fetching");
    if (!model) return true;
    let answer = await post(list.dataset.fetches, new URLSearchParams({model}));
    while (answer) {
      const {state, words, percent} = await answer.json();
      if (state === "failed") { place.textContent = words; return false; }
      if (state === "here") {
        delete row.dataset.fetch;
        row.querySelector(".lack").remove();
        place.textContent = "It is here now.";
        row.querySelector("[data-hear]").firstChild.data = "Hear";
        return true;
      }
      const bar = place.querySelector("progress") ?? place.appendChild(document.createElement("progress"));
      bar.max = 100;
      bar.value = percent;
      bar.setAttribute("aria-label", words);
      await new Promise(done => setTimeout(done, POLL_MS));
      answer = await fetch(`${list.dataset.fetches}?model=${encodeURIComponent(model)}`).catch(() => null);
      if (!answer?.ok) { place.textContent = "The server is not reached; the download may go on there."; return false; }
    }
    return false;
  }

  async function play(button, which) {
    button.disabled = true;
    tell(`A sample of ${which.voice} is being spoken; the first one of a voice takes a while.`);
    const draft = contents.find(each => !each.querySelector("[name=broken]"))?.dataset.contents.split("/").pop() ?? "";
    const answer = await post(list.dataset.sample, new URLSearchParams({...which, draft}));
    button.disabled = false;
    button.focus();
    if (!answer) return;
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(await answer.blob());
    await player.play();
    tell(`This is ${which.voice}.`);
  }

  signal.addEventListener("abort", () => player.pause());
}
