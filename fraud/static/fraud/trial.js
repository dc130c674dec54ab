/* The page of a trial that is under way: asks how far it is, and shows the result once it ends. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const panel = document.getElementById("trial-progress");
    const bar = panel.querySelector("progress");
    const sentence = panel.querySelector("[role=status]");

    async function ask() {
        try {
            const answer = await fetch(panel.dataset.address, { headers: { accept: "application/json" } });
            // Somebody who was logged out meanwhile is asked to log in.
            if (!answer.ok || answer.redirected) return location.reload();
            const trial = await answer.json();
            if (!trial.is_under_way) return location.reload();
            bar.value = trial.percent;
            if (sentence.textContent !== trial.said) sentence.textContent = trial.said;
        } catch (error) {
            // The network is away; the next question may come through.
        }
        setTimeout(ask, 1500);
    }

    setTimeout(ask, 1000);
});
