const full = require("childlink");
const validate = require("childlink/validate");

import("../smoke.js").then(({ smoke }) => smoke(validate, full)).then(console.log);
