// Plays from the sentence that is clicked, marks the one that is heard, and shows the command that mends it.
const player = document.querySelector("#bar audio"), command = document.querySelector("#bar code");
const rows = [...document.querySelectorAll("p[data-t]")];
const starts = rows.map(row => [Number(row.dataset.f), Number(row.dataset.t)]);
const files = JSON.parse(player.dataset.files);
let file = 0, now = null;
function mark(row) {
  if (row === now) return;
  if (now) { now.classList.remove("now"); now.removeAttribute("aria-current"); }
  now = row;
  row.classList.add("now");
  row.setAttribute("aria-current", "true");
  command.textContent = command.dataset.begin + row.id.slice(1);
}
function play(wanted, at) {
  if (wanted !== file) { file = wanted; player.src = files[file]; }
  const begin = () => { player.currentTime = at; player.play(); };
  if (player.readyState) begin(); else player.addEventListener("loadedmetadata", begin, {once: true});
  if (!player.readyState) player.load();
}
document.addEventListener("click", event => {
  const row = event.target.closest("p[data-t]");
  if (row) { mark(row); play(Number(row.dataset.f), Number(row.dataset.t)); }
});
player.addEventListener("timeupdate", () => {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1, [where, at] = starts[middle];
    if (where < file || (where === file && at <= player.currentTime + 0.05)) low = middle + 1; else high = middle;
  }
  if (low && starts[low - 1][0] === file) mark(rows[low - 1]);
});
player.addEventListener("ended", () => { if (file + 1 < files.length) play(file + 1, 0); });
