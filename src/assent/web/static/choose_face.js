// Dropping or pasting a photo, and cases that go with the purpose. Without this the forms work as they are.

const form = document.querySelector("[data-drop]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector("[data-dropped]");
  const say = () => {
    const file = input.files[0];
    said.textContent = file ? `${said.dataset.words} ${Math.max(1, Math.round(file.size / 1024))} KiB` : "";
  };
  const take = (files) => {
    const pictures = [...files].filter((file) => file.type.startsWith("image/"));
    if (!pictures.length) return;
    const one = new DataTransfer();
    one.items.add(pictures[0]);
    input.files = one.files;
    say();
  };
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("dropping"); });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => form.classList.remove("dropping"));
  }
  form.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  input.addEventListener("change", say);
}

const mandate = document.querySelector("[data-mandate]");
if (mandate) {
  const { licence, purpose, case: matter } = mandate.elements;
  const fit = () => {
    const covered = licence.selectedOptions[0]?.dataset.purposes.split(" ") ?? [];
    for (const option of purpose.options) option.disabled = !covered.includes(option.value);
    if (purpose.selectedOptions[0]?.disabled) purpose.value = covered[0] ?? "";
    for (const option of matter.options) option.disabled = Boolean(option.value) && option.dataset.purpose !== purpose.value;
    if (matter.selectedOptions[0]?.disabled) matter.value = "";
    mandate.elements.new_case.required = !matter.value;
  };
  for (const field of [licence, purpose, matter]) field.addEventListener("change", fit);
  fit();
}
