// Sends the one form of the page on its own; without JavaScript there is a button.
"use strict";
document.querySelector("form[data-submit]").submit();
