#include "edge/api/challenges.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "admission/answer_text.h"
#include "admission/script_score.h"
#include "base/invariant.h"

namespace onrush::api {
namespace {

admission::TryLimit limit_of(const sale::AdmissionRules& rules) {
  return {rules.question_tries, std::chrono::ceil<std::chrono::seconds>(rules.question_retry)};
}

std::string_view why_of(admission::WorkFault fault) {
  switch (fault) {
    case admission::WorkFault::malformed:
      return "The proof of work cannot be read.";
    case admission::WorkFault::forged:
      return "The proof of work is not for a challenge of ours.";
    case admission::WorkFault::unsolved:
      return "The proof of work is not solved.";
    case admission::WorkFault::not_yours:
      return "The proof of work is for another buyer or sale.";
    case admission::WorkFault::expired:
      return "The proof of work has expired.";
  }
  return {};
}

bool accepts(const sale::QuestionRules& question, std::string_view answer) {
  return std::any_of(
      question.answers.begin(), question.answers.end(),
      [&](const std::string& accepted) { return admission::same_answer(answer, accepted); });
}

}  // namespace

Challenges::Challenges(std::string_view key, std::uint64_t seed)
    : work_(key),
      choice_("onrush question choice v1 " + std::string(key)),
      tries_(seed),
      spent_(~seed),
      watch_(seed ^ 0x9e37'79b9'7f4a'7c15) {}

// A stable place in the pool by a keyed hash, and one further for each wrong answer.
Challenges::Question Challenges::question_in(const sale::AdmissionRules& rules,
                                             const Entrant& entrant,
                                             const admission::QuestionTries::View& view) const {
  const Mac chosen = choice_.mac(fmt::format("{} {}", entrant.sale.value(), entrant.buyer.value()));
  std::uint64_t first = 0;
  std::memcpy(&first, chosen.data(), sizeof first);
  const std::size_t size = rules.questions.size();
  return {(first % size + view.round) % size, view.left, view.until};
}

Challenges::Question Challenges::question_of(const sale::AdmissionRules& rules,
                                             const Entrant& entrant, TimePoint now) {
  INVARIANT(!rules.questions.empty(), "a question is asked for where there is one");
  return question_in(rules, entrant, tries_.look(entrant.key(), limit_of(rules), now));
}

admission::ProofOfWork::Challenge Challenges::work_of(const sale::AdmissionRules& rules,
                                                      const Entrant& entrant, unsigned level,
                                                      TimePoint now) const {
  std::array<std::byte, admission::ProofOfWork::kNonceBytes> nonce;
  INVARIANT(RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), nonce.size()) == 1,
            "the operating system has randomness");
  return work_.issue({entrant.sale.value(), entrant.buyer.value()},
                     admission::max_number_of(rules.proof_of_work_max, level), level, nonce,
                     now + kSolveWithin);
}

Challenges::Judged Challenges::judge(const sale::AdmissionRules& rules, const Entrant& entrant,
                                     const ChallengeAnswer& given, TimePoint now) {
  using Part = Failed::Part;
  const bool questions = !rules.questions.empty();
  std::optional<unsigned> tries_left;
  if (questions) {
    const Question open = question_of(rules, entrant, now);
    if (open.tries_left == 0) return CoolDown{open.until};
    tries_left = open.tries_left;
    // Who answers nothing, or an older question, has not guessed: it costs him no try and no work.
    if (given.question_id.empty())
      return Failed{Part::question, "The answer is missing.", tries_left};
    if (given.question_id != question_id(open.number))
      return Failed{Part::question, "Another question is asked now.", tries_left};
  }
  Passed passed{0, now + kChallengeValid};
  if (rules.proof_of_work_max != 0) {
    if (given.proof_of_work.empty())
      return Failed{Part::proof_of_work, "The proof of work is missing.", tries_left};
    const auto solved =
        work_.check(given.proof_of_work, {entrant.sale.value(), entrant.buyer.value()}, now);
    if (!solved) return Failed{Part::proof_of_work, why_of(solved.error()), tries_left};
    // Spent before the answer is looked at: each guess costs its work.
    if (!spent_.spend(solved->id, solved->expires_at, now))
      return Failed{Part::proof_of_work, "The proof of work was used before.", tries_left};
    passed = {solved->level, solved->expires_at - kSolveWithin + kChallengeValid};
  }
  if (!questions) return passed;
  const auto view = tries_.begin(entrant.key(), limit_of(rules), now);
  if (view.left == 0) return CoolDown{view.until};
  const Question asked = question_in(rules, entrant, view);
  // Of two answers at the same time, the later one meets the next question.
  if (given.question_id != question_id(asked.number) ||
      !accepts(rules.questions[asked.number], given.answer)) {
    return Failed{Part::question, "The answer is not right.", view.left - 1};
  }
  tries_.forgive(entrant.key(), now);
  return passed;
}

unsigned Challenges::level_of(const Entrant& entrant, std::uint64_t network,
                              std::string_view user_agent, TimePoint now) {
  admission::Signs signs = watch_.signs(entrant.key(), network, now);
  signs.agent = admission::agent_of(user_agent);
  return admission::challenge_level(admission::script_score(signs));
}

std::string question_id(std::size_t number) {
  return fmt::format("{}", number + 1);
}

}  // namespace onrush::api
