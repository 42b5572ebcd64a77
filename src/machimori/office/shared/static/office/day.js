// SPDX-License-Identifier: AGPL-3.0-or-later
// A day chosen in the calendar is written into the line beside it, where it can also be typed.
document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-day-for]");
  if (picker && picker.value) {
    const line = document.getElementById(picker.dataset.dayFor);
    line.value = picker.value;
    line.focus();
  }
});
