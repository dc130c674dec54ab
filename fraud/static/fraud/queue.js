/* Up and down the queue by keyboard. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const rows = [...document.querySelectorAll("#result_list tbody tr")];
    let current = -1;

    function go(step) {
        if (!rows.length) return;
        if (current >= 0) rows[current].classList.remove("is-current");
        current = Math.min(rows.length - 1, Math.max(0, current + step));
        rows[current].classList.add("is-current");
        rows[current].scrollIntoView({ block: "nearest" });
    }

    Shortcuts.on("j", () => go(1));
    Shortcuts.on("k", () => go(-1));
    Shortcuts.on("o", () => {
        const link = rows[current] && rows[current].querySelector("th a, td a");
        if (link) link.click();
    });
});
