// A button that prints, where a script can.
"use strict";
const button = document.getElementById("imprimer");
button.hidden = false;
button.addEventListener("click", () => print());
