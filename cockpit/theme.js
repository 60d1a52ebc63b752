// theme.js: the connection, and light or dark, as chosen in Cockpit's menu or in the browser.

cockpit.transport.wait(() => {}); // Cockpit ends a session that does not connect within seconds of the login

const prefers_dark = window.matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const style = window.localStorage.getItem("shell:style") || "auto";
  const dark = style === "dark" || (style === "auto" && prefers_dark.matches);
  document.documentElement.classList.toggle("dark", dark);
}

apply();
prefers_dark.addEventListener("change", apply);
window.addEventListener("storage", apply);
window.addEventListener("cockpit-style", apply);
