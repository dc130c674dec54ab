/* Shortcuts of one key, which rest while somebody types or a dialog is open. */
"use strict";

window.Shortcuts = (() => {
    const actions = {};

    function isTyping(target) {
        return target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
    }

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
        if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
        const action = actions[event.key];
        if (action && action(event) !== false) event.preventDefault();
    });

    function help() {
        const dialog = document.getElementById("shortcuts");
        if (dialog) dialog.showModal();
    }

    /* A form is sent once, however often a key is struck. */
    function send(id) {
        const form = document.getElementById(id);
        if (!form || form.dataset.sent) return false;
        form.dataset.sent = "1";
        form.requestSubmit();
        return true;
    }

    actions["?"] = help;
    actions.n = () => send("next-form");
    return { on: (key, action) => { actions[key] = action; }, send };
})();
