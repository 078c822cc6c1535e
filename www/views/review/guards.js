// Why a pair must be read by a person, for each code of a guard.

const GUARDS = {
  "nhs-number-conflict":
    "The records have two different valid NHS numbers. One child can have two by mistake, but most often these are two children.",
  "shared-nhs-number":
    "The records share an NHS number but contradict each other. One number may have been given to two children.",
  "multiple-birth": "They may be twins: name and number do not decide which child is which.",
  "placeholder-twin": "One child is not yet named, and there is another child of the same birth.",
  "birth-order": "The birth orders differ: these may be twins.",
  "runner-up": "Another record fits nearly as well and cannot be the same child.",
  "possible-identity-change": "This pair is handled apart from common review.",
  "cluster-conflict": "Joining them would put records together that must stay apart.",
  "settled-by-cluster": "The records are one child already, through other links.",
  decided: "A person has decided before.",
  "readers-disagree": "Readers disagree, or one was unsure.",
  "children-nhs-numbers": "Other records of the two children have different valid NHS numbers.",
  "children-birth-orders": "Other records of the two children have different birth orders.",
  "children-apart": "A record of one child is known not to belong to the other.",
};

/** The guards of a pair in plain words; a pair without any is here for its weight alone. */
export function guardsInWords(codes) {
  if (codes.length === 0)
    return ["No rule speaks against it: the evidence is too weak for a link and too strong to leave."];
  return codes.map((code) => GUARDS[code] ?? `Rule ${code}.`);
}
