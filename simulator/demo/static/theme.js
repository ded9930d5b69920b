/** Light or dark, as the system says until somebody says otherwise. */
export function setUpTheme() {
  const button = document.getElementById("theme");
  const set = (dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
    button.textContent = dark ? "Light" : "Dark";
  };
  set(matchMedia("(prefers-color-scheme: dark)").matches);
  button.onclick = () => set(document.documentElement.dataset.theme !== "dark");
}
