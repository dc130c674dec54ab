// Says before a session ends that it will, and lets it last on, so that no long form is lost.
(() => {
  "use strict";

  const address = "/admin/session/";
  let timer, bar;

  function schedule(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(Math.max(seconds, 1), 3600) * 1000);
  }

  function show(text, made) {
    hide();
    bar = document.createElement("div");
    bar.className = "session-bar";
    bar.setAttribute("role", "alert");
    const said = document.createElement("span");
    said.textContent = text;
    bar.append(said, made);
    document.body.append(bar);
  }

  function hide() {
    if (bar) bar.remove();
    bar = undefined;
  }

  function take(state) {
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
      field.value = state.token;
    }
    if (state.seconds_left <= 0) {
      const link = document.createElement("a");
      link.href = state.login;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = state.again;
      show(state.ended, link);
      schedule(10);
    } else if (state.seconds_left <= state.warned_before) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = state.stay;
      button.addEventListener("click", () => ask("POST", state.token));
      show(state.soon, button);
      schedule(state.seconds_left + 1);
    } else {
      hide();
      schedule(state.seconds_left - state.warned_before);
    }
  }

  async function ask(method, token) {
    try {
      const answer = await fetch(address, {
        method,
        credentials: "same-origin",
        headers: token ? { "X-CSRFToken": token } : {},
      });
      if (!answer.ok) throw new Error(String(answer.status));
      take(await answer.json());
    } catch {
      // The server is away for the moment: what it would say is asked again.
      schedule(30);
    }
  }

  function look() {
    ask("GET");
  }

  document.addEventListener("DOMContentLoaded", () => {
    // Nobody is logged in on the page that asks for the password.
    if (!document.getElementById("login-form")) look();
  });
  // Timers sleep with the machine.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && timer) look();
  });
})();
