// call llm (WF-54 to WF-57, WF-71): a question to a model, and its answer, whole.
import type { EffectKind } from "./effect.ts";
import type { AskModel } from "./models/models.ts";
import type { Question } from "./models/question.ts";
import { needsOfModel } from "./needs.ts";

/** llm: a question to a model (TRACE-5). */
export const llm: EffectKind<{ readonly ask: AskModel }> = {
  perform: ({ request }, { ask }, context) => ask(request as unknown as Question, context),
  isReadOnly: () => true,
  needs: needsOfModel,
  operation: () => "llm",
};
