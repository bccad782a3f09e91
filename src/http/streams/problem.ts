/**
 * What a request is refused with: a problem document (RFC 9457) with a stable code and a sentence for people. It never
 * holds a stack, a text of the broker, or anything of the stream's content.
 *
 * @module
 */

/** Why a request is refused; thrown anywhere under the handler, which answers with it. */
export class Problem extends Error {
  /** The HTTP status, 400 to 599. */
  readonly status: number;
  /** A stable name of the condition. */
  readonly code: string;
  /** Headers that tell more, such as the offset of the tail. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * Describes the refusal.
   *
   * @param code A stable name of the condition.
   * @param detail What is wrong and what would do, in one sentence.
   * @param options `status`: the HTTP status. `headers`: what else the answer carries.
   */
  constructor(
    code: string,
    detail: string,
    options: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
  ) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.status = options.status;
    this.headers = options.headers ?? {};
  }
}

/** A request that cannot be understood: status 400. */
export function badRequest(code: string, detail: string): Problem {
  return new Problem(code, detail, { status: 400 });
}

/** There is no such stream: status 404. */
export function streamMissing(): Problem {
  return new Problem("STREAM_NOT_FOUND", "There is no such stream, create it with PUT", {
    status: 404,
  });
}

/** The stream was deleted, and its forks still name it: status 410. */
export function streamGone(): Problem {
  return new Problem("STREAM_GONE", "The stream was deleted and only its forks live on", {
    status: 410,
  });
}

/**
 * Something that is over soon: status 503.
 *
 * @param code A stable name of the condition.
 * @param detail What is wrong.
 */
export function tryLater(code: string, detail: string): Problem {
  return new Problem(code, `${detail}, try again`, {
    status: 503,
    headers: { "retry-after": "1" },
  });
}

/** The answer to a refused request. */
export function problemResponse(problem: Problem): Response {
  const { status, code, message } = problem;
  const body = JSON.stringify({ type: "about:blank", title: code, status, code, detail: message });
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...problem.headers,
    },
  });
}
