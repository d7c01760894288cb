// Starts textual-serve's terminal: with this page's own websocket, once the font is there, by which
// the terminal measures its cells. `?fontsize=20` makes the letters larger.
"use strict";

const terminal = document.getElementById("terminal");
const socket = new URL("ws", location.href);
socket.protocol = socket.protocol.replace("http", "ws");
socket.search = "";
terminal.dataset.sessionWebsocketUrl = socket.href;
const size = Number(new URLSearchParams(location.search).get("fontsize"));
if (size >= 6 && size <= 72) terminal.dataset.fontSize = String(size);
document.getElementById("again").addEventListener("click", () => location.reload());

addEventListener("load", async () => {
  await document.fonts.load("16px 'Roboto Mono'").catch(() => {});
  const script = document.createElement("script");
  script.src = "static/js/textual.js";
  script.onload = () => {
    window.onload(new Event("load"));
    terminal.querySelector("textarea")?.focus(); // keys play at once, without a click
  };
  document.body.append(script);
});
