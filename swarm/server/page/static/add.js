// The form that adds books: what is in them, and the voices, come when they are asked for.
import {post, tell} from "./site.js";

const form = document.getElementById("add"), voices = document.getElementById("voices");
const list = document.getElementById("list-voices"), player = new Audio();
const field = option => document.getElementById(`field${option}`);
const fields = () => new URLSearchParams(new FormData(form));

// Show the HTML that an address answers with; its words are escaped by the server. A refusal comes as JSON.
async function fill(place, address, body) {
  place.setAttribute("aria-busy", "true");
  const answer = await post(address, body, {Accept: "text/html, application/json"});
  const text = answer ? await answer.text() : "";
  if (answer) place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  place.removeAttribute("aria-busy");
}

const contents = [...document.querySelectorAll("[data-contents]")];
async function look(place) {
  await fill(place, place.dataset.contents, fields());
  document.getElementById("add-all").hidden = contents.every(each => each.querySelector("[name=broken]"));
}
contents.forEach(look);

form.addEventListener("change", event => {
  if (event.target.matches("[data-reread]")) look(event.target.closest("[data-contents]"));
  if (["--language", "--tts-engine"].some(option => event.target === field(option)) ||
      event.target.closest("fieldset")?.dataset.rereads) contents.forEach(look);
});

list.addEventListener("click", async () => {
  list.disabled = true;
  const language = field("--language").value || document.querySelector("[data-language]")?.dataset.language || "";
  await fill(voices, list.dataset.voices, new URLSearchParams({language}));
  list.disabled = false;
});

voices.addEventListener("click", event => {
  const {hear, use, engine, language} = event.target.closest("button")?.dataset ?? {};
  if (hear !== undefined) play(event.target.closest("button"), {voice: hear, engine, language});
  if (use !== undefined) {
    field("--voice").value = use;
    field("--tts-engine").value = engine;
    tell(`The voice is ${use}.`);
    contents.forEach(look);
  }
});

async function play(button, which) {
  button.disabled = true;
  tell(`A sample of ${which.voice} is being spoken; the first one of a voice takes a while.`);
  const answer = await post(list.dataset.sample, new URLSearchParams(which));
  button.disabled = false;
  button.focus();
  if (!answer) return;
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(await answer.blob());
  await player.play();
  tell(`This is ${which.voice}.`);
}
