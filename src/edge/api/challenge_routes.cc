// The challenge of a sale: what a buyer is asked, and what he answers. See challenges.h.
#include "admission/answer_text.h"
#include "edge/api/challenge_guard.h"
#include "edge/api/handlers.h"
#include "edge/api/station.h"
#include "edge/api/strict_json.h"

namespace onrush::api::handle {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdMax = 16;

// The sale whose challenge may be solved now; null: answered. It is there long before the opening,
// so that nobody has to solve anything in the rush.
const live::SaleEntry* solvable_sale(Station& station, std::string_view key, Call& call) {
  const live::SaleEntry* sale = station.public_sale(key);
  if (sale == nullptr) {
    call.fail(problem::kNotFound, "There is no such sale.");
    return nullptr;
  }
  if (sale->phase == sale::Phase::closed || sale->phase == sale::Phase::settled) {
    call.fail(problem::kClosed);
    return nullptr;
  }
  return sale;
}

void write_question(live::JsonWriter& out, const sale::AdmissionRules& rules,
                    const Challenges::Question& asked) {
  const sale::Text& text = rules.questions[asked.number].question;
  out.begin_object().key("id").text(question_id(asked.number));
  out.key("text").begin_object().key("en").text(text.en);
  out.key("zh").text(text.zh.empty() ? text.en : text.zh).end_object();
  out.key("tries_left").number(asked.tries_left);
  out.key("retry_at");
  if (asked.tries_left == 0) {
    out.time(asked.until);
  } else {
    out.null();
  }
  out.end_object();
}

void write_work(live::JsonWriter& out, const admission::ProofOfWork::Challenge& work) {
  out.begin_object().key("algorithm").text(admission::ProofOfWork::kAlgorithm);
  out.key("challenge").text(work.challenge).key("salt").text(work.salt);
  out.key("signature").text(work.signature);
  out.key("maxnumber").number(static_cast<std::int64_t>(work.max_number)).end_object();
}

struct Submission {
  std::string question_id, answer, proof_of_work;
};

// Nothing: answered.
std::optional<Submission> read_submission(const http::Request& request, Call& call) {
  const auto object = parse_object(request.body);
  if (!object) {
    call.fail(problem::kMalformed, object.error().message);
    return std::nullopt;
  }
  Submission given;
  Fields fields(*object);
  given.proof_of_work = fields.text_or("proof_of_work", "", admission::ProofOfWork::kSolutionMax);
  if (const json::object* question = fields.object_or_none("question")) {
    Fields inner(*question);
    given.question_id = inner.text("id", 1, kIdMax);
    given.answer = inner.text("answer", 0, admission::kAnswerMax);
    if (const std::string& fault = inner.finish(); !fault.empty()) fields.fail("question", fault);
  }
  if (fields.finish().empty()) return given;
  call.fail(problem::kInvalid, fields.finish());
  return std::nullopt;
}

Problem problem_of(const Challenges::Failed& failed) {
  Problem problem{problem::kChallengeFailed, std::string(failed.why), 0, {}};
  live::JsonWriter out(problem.members);
  out.key("part").text(failed.part == Challenges::Failed::Part::question ? "question"
                                                                         : "proof_of_work");
  if (failed.tries_left) out.key("tries_left").number(*failed.tries_left);
  return problem;
}

Problem problem_of(const Challenges::CoolDown& cooling, TimePoint now) {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(cooling.until - now).count();
  return {problem::kChallengeCoolDown,
          "Too many wrong answers.",
          static_cast<int>(std::max<std::int64_t>(1, wait)),
          {}};
}

}  // namespace

void get_challenge(Station& station, const http::Request& request, const PathParams& params,
                   CallPtr call) {
  const live::SaleEntry* sale = solvable_sale(station, params[0], *call);
  if (sale == nullptr) return;
  const sale::AdmissionRules& rules = sale->rules->admission;
  const Entrant entrant{sale->sale, call->claims.subject};
  const TimePoint now = station.context.clock.now();
  const auto lack = challenge_lack(station, *sale, entrant.buyer, request, now);
  Challenges& challenges = station.context.challenges;
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("question");
  if (lack && !rules.questions.empty()) {
    write_question(out, rules, challenges.question_of(rules, entrant, now));
  } else {
    out.null();
  }
  out.key("proof_of_work");
  if (lack && rules.proof_of_work_max != 0) {
    const unsigned level = needed_level(station, *sale, entrant.buyer, request, now);
    station.counts->count_challenge(level == 0 ? ChallengeCount::issued : ChallengeCount::raised);
    write_work(out, challenges.work_of(rules, entrant, level, now));
  } else {
    out.null();
  }
  out.key("needed").boolean(lack.has_value()).end_object();
  call->send_json(200, std::move(text));
}

void solve_challenge(Station& station, const http::Request& request, const PathParams& params,
                     CallPtr call) {
  const live::SaleEntry* sale = solvable_sale(station, params[0], *call);
  if (sale == nullptr) return;
  const sale::AdmissionRules& rules = sale->rules->admission;
  if (!Challenges::asked_by(rules))
    return call->fail(problem::kWrongState, "This sale asks for no challenge.");
  const auto given = read_submission(request, *call);
  if (!given) return;

  const TimePoint now = station.context.clock.now();
  const Entrant entrant{sale->sale, call->claims.subject};
  const Challenges::Judged judged = station.context.challenges.judge(
      rules, entrant, {given->question_id, given->answer, given->proof_of_work}, now);
  if (const auto* failed = std::get_if<Challenges::Failed>(&judged)) {
    station.counts->count_challenge(ChallengeCount::failed);
    return call->fail(problem_of(*failed));
  }
  if (const auto* cooling = std::get_if<Challenges::CoolDown>(&judged)) {
    station.counts->count_challenge(ChallengeCount::cooling);
    return call->fail(problem_of(*cooling, now));
  }
  const auto& passed = std::get<Challenges::Passed>(judged);
  station.counts->count_challenge(ChallengeCount::solved);
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::challenge;
  claims.subject = entrant.buyer;
  claims.sale = entrant.sale;
  claims.number = passed.level;
  claims.issued_at = now;
  claims.expires_at = std::chrono::floor<std::chrono::seconds>(passed.good_until);
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("token").text(station.tokens.sign(claims));
  out.key("expires_at").time(claims.expires_at).end_object();
  call->send_json(201, std::move(text));
}

}  // namespace onrush::api::handle
