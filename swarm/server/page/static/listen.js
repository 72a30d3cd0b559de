// Plays a book while it is spoken: a stretch of about a minute after the other, by one audio element. Of a finished book
// it plays the file itself, which is a fraction of the size.
import {holdSound, post} from "./site.js";
const player = document.getElementById("player");
const {api, redo, book, title, authors, cover} = player.dataset;
const at = id => document.getElementById(id);
const sound = at("sound"), chapters = at("chapter"), place = at("place"), text = at("text"), mend = at("mend");
const REFRESH_MS = 3000, SAVE_MS = 5000, AHEAD = 3;
const KEY = `e2a-swarm listen ${book}`, SPEED = "e2a-swarm speed";

let chapter = 0, stretches = [], current = -1, shown = null;  // the stretch that is loaded, the sentence that is heard
let wanted = false, waiting = null, stopAt = Infinity;  // whether the listener wants sound; the place that is waited for
let ahead = null;  // the next stretch, loaded before it is needed
let file = "", isFileBroken = false, isOver = false;  // the address of the finished file that has the chapter

const get = async path => {
  try {
    const answer = await fetch(api + path, {headers: {Accept: "application/json"}});
    return answer.ok ? await answer.json() : null;
  } catch { return null; }
};
const address = stretch => `${api}/chapters/${chapter}/${stretch.stretch}.wav?sound=${stretch.sound}`;
const fileOf = found => !isFileBroken && found.file && sound.canPlayType(found.kind) ? `${api}/${found.file}` : "";
const base = () => file ? stretches[current].file_s : 0;  // where the stretch begins in what is loaded
const spot = () => sound.currentTime - base();
const put = seconds => { sound.currentTime = base() + seconds; };
const lengthOf = stretch => stretch.sound ? stretch.length_s : 0;
const before = index => stretches.slice(0, index).reduce((sum, stretch) => sum + lengthOf(stretch), 0);
const clock = seconds => new Date(1000 * Math.max(0, seconds)).toISOString().slice(seconds < 3600 ? 14 : 11, 19);

function say(words) { if (at("state").textContent !== words) at("state").textContent = words; }

// --- chapters and stretches

async function openChapter(number, index = 0, seconds = 0, goesOn = false) {
  const found = await get(`/chapters/${number}`);
  if (isOver) return;
  if (!found) { say("This chapter is not reached. Try again."); return; }
  chapter = number;
  chapters.value = String(number);
  stretches = found.stretches;
  current = -1;
  goesOn &&= file !== "" && file === fileOf(found);  // the file plays on by itself
  file = fileOf(found);
  text.replaceChildren(...paragraphs());
  start(Math.min(index, Math.max(0, stretches.length - 1)), seconds, goesOn);
}

// Ask for the next stretches that were not spoken when last seen.
async function refresh(first = stretches.findIndex(stretch => !stretch.sound)) {
  if (first < 0) return;
  const asked = chapter, found = await get(`/chapters/${chapter}?from=${first + 1}&count=${AHEAD}`);
  if (!found || asked !== chapter || isOver) return;
  if (file && !found.file) leaveFile();  // it is written anew
  for (const stretch of found.stretches) {
    const index = stretch.stretch - 1;
    if (JSON.stringify(stretch) === JSON.stringify(stretches[index])) continue;
    stretches[index] = stretch;
    for (const sentence of stretch.sentences) dress(buttonOf(sentence), sentence);
  }
  mark(shown);
  drawTime();
  if (waiting && stretches[waiting.index]?.sound) start(waiting.index, waiting.seconds);
  else prefetch(current + 1);
}

// Go from the finished file back to the stretches.
function leaveFile() {
  const seconds = current < 0 ? 0 : Math.max(0, spot());
  file = "";
  if (current >= 0) start(current, seconds);
}

function start(index, seconds, goesOn = false) {
  const stretch = stretches[index];
  stopAt = Infinity;
  if (!stretch?.sound) {
    waiting = {index, seconds};
    sound.pause();
    show(stretch?.sentences[0], index);
    say(stretch ? "Waiting until the next minute is spoken." : "This chapter has no words.");
    draw();
    return;
  }
  waiting = null;
  current = index;
  const old = sound.src;
  if (!file) sound.src = ahead?.sound === stretch.sound ? ahead.url : address(stretch);
  else if (sound.src !== new URL(file, location.href).href) sound.src = file;
  if (old.startsWith("blob:") && old !== sound.src) URL.revokeObjectURL(old);
  if (ahead?.sound === stretch.sound) ahead = null;
  if (!goesOn) put(seconds);
  sound.playbackRate = sound.defaultPlaybackRate = Number(at("speed").value);
  say("");
  show(sentenceAt(index, seconds), index);
  if (wanted) play();
  draw();
  prefetch(index + 1);
}

async function prefetch(index) {
  const stretch = stretches[index];
  if (!wanted || file || !stretch?.sound || ahead?.sound === stretch.sound) return;
  const {sound: name} = stretch;
  try {
    const answer = await fetch(address(stretch));
    if (!answer.ok) return;
    const url = URL.createObjectURL(await answer.blob());
    if (ahead) URL.revokeObjectURL(ahead.url);
    ahead = {sound: name, url};
  } catch { /* it is loaded when it is needed */ }
}

function goOn() {
  if (current + 1 < stretches.length) start(current + 1, 0);
  else if (chapters.selectedIndex + 1 < chapters.options.length) return openChapter(chapter + 1, 0, 0, true);
  else { wanted = false; say("This was the end."); draw(); }
}

// --- what the listener does

function play() {
  wanted = true;
  draw();
  if (waiting) return;
  if (current < 0) { start(0, 0); return; }
  sound.play().catch(fault => { if (fault.name === "NotAllowedError") { wanted = false; draw(); } });
  prefetch(current + 1);
}

function pause() {
  wanted = false;
  sound.pause();
  draw();
}

// Move to a time of the chapter, counted over what can be heard of it.
function seek(seconds) {
  let left = Math.max(0, seconds);
  for (const [index, stretch] of stretches.entries()) {
    const length = lengthOf(stretch);
    if (length && left < length) {
      if (index === current) { stopAt = Infinity; put(left); tick(); } else start(index, left);
      return;
    }
    left -= length;
  }
  const last = stretches.findLastIndex(stretch => stretch.sound);
  if (last >= 0) start(last, Math.max(0, stretches[last].length_s - 0.1));
}

const now = () => current < 0 ? 0 : before(current) + spot();
const move = seconds => seek(now() + seconds);

function moveSentence(step) {
  const all = stretches.flatMap((stretch, index) => stretch.sentences.map(sentence => ({sentence, index})));
  const here = all.findIndex(({sentence}) => sentence.sentence === shown?.sentence);
  const next = all[here + step];
  if (next) start(next.index, next.sentence.at_s);
}

// --- what is shown

function sentenceAt(index, seconds) {
  const spoken = stretches[index]?.sentences.filter(sentence => sentence.state === "spoken") ?? [];
  return spoken.findLast(sentence => sentence.at_s <= seconds + 0.05) ?? spoken[0];
}

// Lay out the sentences in the paragraphs of the book, which know nothing of stretches.
function paragraphs() {
  const made = [];
  let isNew = true;
  for (const stretch of stretches) for (const sentence of stretch.sentences) {
    if (isNew) made.push(document.createElement("p"));
    const button = document.createElement("span");  // a button breaks no lines
    button.setAttribute("role", "button");
    button.dataset.sentence = sentence.sentence;
    button.dataset.stretch = stretch.stretch;
    button.tabIndex = -1;
    dress(button, sentence);
    made.at(-1).append(button, " ");
    isNew = sentence.ends_paragraph;
  }
  return made;
}

function dress(button, sentence) {
  button.className = `sentence ${sentence.state}${sentence.doubt ? " doubtful" : ""}`;
  button.textContent = sentence.text;
  button.title = sentence.speaker;
  const words = sentence.doubt || {waiting: "not spoken yet", missing: "could not be spoken"}[sentence.state];
  if (words) button.setAttribute("aria-description", words); else button.removeAttribute("aria-description");
}

const buttonOf = sentence => sentence && text.querySelector(`[data-sentence="${sentence.sentence}"]`);

function mark(sentence) {
  text.querySelectorAll("[aria-current]").forEach(button => { button.removeAttribute("aria-current"); button.tabIndex = -1; });
  const button = buttonOf(sentence) ?? text.querySelector(".sentence");
  if (!button) return;
  button.tabIndex = 0;
  if (sentence) button.setAttribute("aria-current", "true");
}

function show(sentence, index) {
  const isNew = sentence?.sentence !== shown?.sentence || shown?.index !== index;
  shown = sentence ? {...sentence, index} : null;
  if (!isNew) return;
  at("now").textContent = sentence?.text ?? "";
  at("who").hidden = !sentence?.speaker;
  at("who").textContent = sentence?.speaker ? `said by ${sentence.speaker}` : "";
  at("wrong").disabled = !sentence;
  mark(sentence);
  const button = buttonOf(sentence);
  if (button && !text.contains(document.activeElement)) {
    const box = text.getBoundingClientRect();
    text.scrollTop += button.getBoundingClientRect().top - box.top - box.height / 3;
  }
}

function draw() {
  at("play").textContent = wanted ? "Pause" : "Play";
  holdSound({title, wanted, toggle: () => wanted ? pause() : play(), end});
  drawTime();
  if ("mediaSession" in navigator) navigator.mediaSession.playbackState = wanted ? "playing" : "paused";
}

function drawTime() {
  const whole = before(stretches.length), isWhole = stretches.every(stretch => stretch.sound), here = now();
  place.max = String(Math.max(1, Math.ceil(whole)));
  if (document.activeElement !== place || !place.matches(":active")) place.value = String(Math.floor(here));
  const words = `${clock(here)} of ${clock(whole)}${isWhole ? "" : " spoken so far"}`;
  place.setAttribute("aria-valuetext", words);
  at("clock").textContent = words;
}

let isTurning = false;  // whether the file has come to the next chapter, which is asked for
async function tick() {
  if (current < 0 || waiting || isTurning || isOver) return;
  if (spot() >= stopAt) {  // events come late: go back to the sentence
    put(stopAt - 0.01);
    stopAt = Infinity;
    pause();
  }
  while (file && current + 1 < stretches.length && spot() >= stretches[current].length_s) current += 1;
  if (file && wanted && !sound.ended && current + 1 === stretches.length && spot() > stretches[current].length_s + 0.5) {
    isTurning = true;
    await goOn();
    isTurning = false;
    return;
  }
  show(sentenceAt(current, spot()), current);
  drawTime();
}

// --- what is remembered

let saved_ms = 0;
function save(force) {
  if (current < 0 || (!force && Date.now() - saved_ms < SAVE_MS)) return;
  saved_ms = Date.now();
  try { localStorage.setItem(KEY, JSON.stringify({chapter, index: current, seconds: spot()})); } catch { /* no room */ }
}

function remembered() {
  try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; }
}

// --- a sentence that is wrong

let wrong = null;  // its chapter, stretch and sentence

function openMend(index, sentence) {
  pause();
  wrong = {chapter, index, sentence};
  at("written").textContent = sentence.text;
  at("doubt").textContent = sentence.doubt;
  at("say").value = sentence.said || sentence.text;
  if (at("speaker")) at("speaker").value = sentence.speaker;
  at("own").hidden = !sentence.said;
  at("mended").textContent = "";
  at("hear").disabled = sentence.state !== "spoken";
  if (!mend.open) mend.showModal();
}

function hear() {
  const sentence = stretches[wrong.index]?.sentences.find(each => each.sentence === wrong.sentence.sentence);
  if (sentence?.state !== "spoken") return;
  wanted = true;
  start(wrong.index, sentence.at_s);
  stopAt = sentence.end_s;
}

async function again(words, speaker = "") {
  const {index, sentence} = wrong, old = stretches[index]?.sound;
  const fields = new URLSearchParams({chapter, sentence: sentence.sentence});
  if (words !== null) fields.set("say", words);
  if (speaker) fields.set("speaker", speaker);
  at("mended").textContent = "It is asked for.";
  pause();
  const mine = wrong, answer = await post(redo, fields);
  if (!answer) {
    await new Promise(done => setTimeout(done, 100));  // the reason is told beneath this dialog a moment later
    at("mended").textContent = at("told").textContent || "It was refused.";
    return;
  }
  at("mended").textContent = "It is spoken again; the new take is played when it is there.";
  at("hear").disabled = true;
  while (mend.open && wrong === mine) {
    await refresh(index);
    const stretch = stretches[index], taken = stretch.sentences.find(each => each.sentence === sentence.sentence);
    if (speaker && taken.state === "spoken" && stretch.sound === old) {
      at("mended").textContent = `It is said by ${speaker === "narrator" ? "the narrator" : speaker}, in the same voice.`;
      return;
    }
    if (taken.state === "missing") { at("mended").textContent = "No machine could speak it."; return; }
    if (stretch.sound && stretch.sound !== old) {
      wrong.sentence = taken;
      at("hear").disabled = false;
      at("own").hidden = !taken.said;
      at("mended").textContent = "This is the new take.";
      hear();
      return;
    }
    await new Promise(done => setTimeout(done, 700));
  }
}

async function listDoubtful() {
  const found = await get("/doubtful") ?? [];
  at("doubtful-count").textContent = String(found.length);
  at("doubtful").replaceChildren(...found.map(each => {
    const row = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = each.sentence.text;
    button.addEventListener("click", async () => {
      if (chapter !== each.chapter) await openChapter(each.chapter, each.stretch - 1, each.sentence.at_s);
      openMend(each.stretch - 1, each.sentence);
    });
    row.append(button, ` ${each.sentence.doubt}`);
    return row;
  }));
}

// --- buttons, keys, media keys

at("play").addEventListener("click", () => wanted ? pause() : play());
at("back").addEventListener("click", () => move(-15));
at("on").addEventListener("click", () => move(30));
at("earlier").addEventListener("click", () => moveSentence(-1));
at("later").addEventListener("click", () => moveSentence(1));
chapters.addEventListener("change", () => openChapter(Number(chapters.value)));
place.addEventListener("input", () => seek(Number(place.value)));
at("speed").addEventListener("change", () => {
  sound.playbackRate = sound.defaultPlaybackRate = Number(at("speed").value);
  try { localStorage.setItem(SPEED, at("speed").value); } catch { /* no room */ }
});
at("wrong").addEventListener("click", () => { if (shown) openMend(shown.index, shown); });
at("hear").addEventListener("click", hear);
at("previous").addEventListener("click", () => {
  const all = stretches.flatMap((stretch, index) => stretch.sentences.map(sentence => ({sentence, index})));
  const earlier = all[all.findIndex(({sentence}) => sentence.sentence === wrong.sentence.sentence) - 1];
  if (earlier) openMend(earlier.index, earlier.sentence);
});
at("another").addEventListener("click", () => again(null));
at("own").addEventListener("click", () => again(""));
at("mend-form").addEventListener("submit", event => { event.preventDefault(); again(at("say").value); });
at("speaker-form")?.addEventListener("submit", event => { event.preventDefault(); again(null, at("speaker").value); });
at("close").addEventListener("click", () => mend.close());
mend.addEventListener("close", () => { wrong = null; listDoubtful(); });
at("doubtful-box").addEventListener("toggle", () => { if (at("doubtful-box").open) listDoubtful(); });

text.addEventListener("click", event => {
  const button = event.target.closest(".sentence");
  if (!button) return;
  const index = Number(button.dataset.stretch) - 1;
  const sentence = stretches[index].sentences.find(each => each.sentence === Number(button.dataset.sentence));
  wanted = true;
  start(index, sentence.at_s);
});
text.addEventListener("keydown", event => {
  if ((event.key === "Enter" || event.key === " ") && event.target.matches(".sentence")) {
    event.preventDefault();
    event.target.click();
    return;
  }
  const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[event.key];
  if (!step) return;
  const all = [...text.querySelectorAll(".sentence")], next = all[all.indexOf(document.activeElement) + step];
  if (next) { event.preventDefault(); next.focus(); }
});
const KEYS = {k: () => wanted ? pause() : play(), j: () => move(-15), l: () => move(30), ",": () => moveSentence(-1), ".": () => moveSentence(1), w: () => at("wrong").click()};
document.querySelectorAll("#player, #text").forEach(part => part.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const deed = KEYS[event.key];
  if (deed) { event.preventDefault(); deed(); }
}));

sound.addEventListener("timeupdate", () => { tick(); save(false); });
sound.addEventListener("ended", goOn);
sound.addEventListener("pause", () => save(true));
sound.addEventListener("error", () => {
  if (current < 0) return;
  if (file) { isFileBroken = true; leaveFile(); return; }  // this browser cannot play it, or it is gone
  say("The sound is not reached; it is asked for again.");
  const index = current, seconds = sound.currentTime;
  setTimeout(async () => { await refresh(index); if (index === current) start(index, seconds); }, REFRESH_MS);
});
addEventListener("pagehide", () => save(true));

if ("mediaSession" in navigator) {
  const session = navigator.mediaSession;
  if (window.MediaMetadata) {
    session.metadata = new MediaMetadata({title, artist: authors, artwork: [{src: cover}]});
  }
  const handlers = {play, pause, seekbackward: event => move(-(event.seekOffset ?? 15)), seekforward: event => move(event.seekOffset ?? 30),
    previoustrack: () => moveSentence(-1), nexttrack: () => moveSentence(1), seekto: event => seek(event.seekTime)};
  for (const [name, deed] of Object.entries(handlers)) try { session.setActionHandler(name, deed); } catch { /* unknown here */ }
}

const beat = setInterval(() => { if (!document.hidden || wanted) refresh(); }, REFRESH_MS);
// The sound goes on while other views are looked at; then the bar at the foot of the page has the buttons.
function end() {
  pause();
  save(true);
  isOver = true;
  clearInterval(beat);
}
try { at("speed").value = localStorage.getItem(SPEED) ?? "1"; } catch { /* none is kept */ }
if (!at("speed").value) at("speed").value = "1";
const from = remembered();
await openChapter(from.chapter >= 1 && from.chapter <= chapters.options.length ? from.chapter : 1, from.index ?? 0, from.seconds ?? 0);
listDoubtful();
player.dataset.ready = "";
