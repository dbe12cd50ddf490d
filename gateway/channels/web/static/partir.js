"use strict";
try { sessionStorage.clear(); } catch { /* storage may be closed */ }
location.replace(document.getElementById("partir").href);
