// What a sale asks of its buyers before they may ask for a hold: a question, a proof of work, or
// both; and how much of it, by what a client looks like (the script score).
//
//   GET  …/challenge ─► question of this buyer, work for this buyer
//   POST …/challenge ─► tries left? ─► his question? ─► work solved, and new? ─► answer right?
//                        └ cool-down     └ failed           └ failed                └ failed, a try
//                                                              all: a token of kind challenge
//   POST …/holds      Onrush-Challenge: that token ─► its MAC, buyer, sale and level are right
//
// One object for all workers of all listeners. The rules of the sale come with each call; what is
// kept here are tables of fixed size (src/admission). After a restart wrong answers, used solutions
// and signs are forgotten; challenges and tokens stay good, for their keys do.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admission/click_watch.h"
#include "admission/proof_of_work.h"
#include "admission/question_tries.h"
#include "admission/spent_solutions.h"
#include "base/hmac.h"
#include "sale/ids.h"
#include "sale/rules.h"

namespace onrush::api {

// How long there is to solve a challenge, and how long what comes of it is good at most: counted
// from the issue of the work, so that sending a solution late or twice gains nothing.
inline constexpr std::chrono::minutes kSolveWithin{10};
inline constexpr std::chrono::minutes kChallengeValid{30};

// A buyer in a sale.
struct Entrant {
  sale::SaleNo sale;
  sale::BuyerId buyer;
  [[nodiscard]] std::uint64_t key() const {
    return buyer.value() ^ (std::uint64_t{sale.value()} << 40);
  }
};

// What he sends; views into the request.
struct ChallengeAnswer {
  std::string_view question_id, answer;  // "" if there is none
  std::string_view proof_of_work;
};

class Challenges {
 public:
  // `key`: secret text, the same on every node and after a restart. `seed`: random and secret.
  Challenges(std::string_view key, std::uint64_t seed);

  [[nodiscard]] static bool asked_by(const sale::AdmissionRules& rules) {
    return !rules.questions.empty() || rules.proof_of_work_max != 0;
  }

  struct Question {
    std::size_t number = 0;  // in the pool, from 0
    unsigned tries_left = 0;
    TimePoint until{};  // tries_left 0: when there are tries again
  };
  // The one that this buyer has to answer now. The sale has questions.
  [[nodiscard]] Question question_of(const sale::AdmissionRules& rules, const Entrant& entrant,
                                     TimePoint now);

  // The sale wants proof of work.
  [[nodiscard]] admission::ProofOfWork::Challenge work_of(const sale::AdmissionRules& rules,
                                                          const Entrant& entrant, unsigned level,
                                                          TimePoint now) const;

  struct Passed {
    unsigned level = 0;
    TimePoint good_until{};
  };
  struct Failed {
    enum class Part : std::uint8_t { proof_of_work, question } part = Part::question;
    std::string_view why;
    std::optional<unsigned> tries_left{};  // the sale has questions
  };
  struct CoolDown {
    TimePoint until;
  };
  using Judged = std::variant<Passed, Failed, CoolDown>;
  [[nodiscard]] Judged judge(const sale::AdmissionRules& rules, const Entrant& entrant,
                             const ChallengeAnswer& given, TimePoint now);

  // Of sales with a script score: remembers a click, and says how much is to be asked for (0..2).
  // `network`: see admission::network_of.
  void note_click(const Entrant& entrant, std::uint64_t network, TimePoint now,
                  TimePoint opens_at) {
    watch_.note(entrant.key(), network, now, opens_at);
  }
  [[nodiscard]] unsigned level_of(const Entrant& entrant, std::uint64_t network,
                                  std::string_view user_agent, TimePoint now);

 private:
  [[nodiscard]] Question question_in(const sale::AdmissionRules& rules, const Entrant& entrant,
                                     const admission::QuestionTries::View& view) const;

  admission::ProofOfWork work_;
  HmacSha256 choice_;  // which question is whose
  admission::QuestionTries tries_;
  admission::SpentSolutions spent_;
  admission::ClickWatch watch_;
};

// "7" for the question at 6: what a question is called in the API. It says nothing of the answer.
[[nodiscard]] std::string question_id(std::size_t number);

}  // namespace onrush::api
