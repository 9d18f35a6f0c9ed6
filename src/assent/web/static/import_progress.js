// Keeps up with an import: asks for its numbers every two seconds, and opens the report once it has ended.
const place = document.querySelector("[data-import]");
const bar = place.querySelector("progress");
const words = place.querySelector("[data-done]");

async function look() {
  try {
    const answer = await fetch(place.dataset.import, { headers: { accept: "application/json" } });
    if (answer.ok) {
      const { state, done, rows } = await answer.json();
      bar.value = done;
      words.textContent = place.dataset.words.replace("{done}", done).replace("{rows}", rows);
      if (state !== "running") {
        location.reload();
        return;
      }
    }
  } catch {
    // The next look tries again.
  }
  setTimeout(look, 2000);
}

setTimeout(look, 500);
