#include "accounts/accounts.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "accounts/email.h"
#include "accounts/password.h"
#include "support/memory_account_store.h"

namespace onrush::accounts {
namespace {

// As cheap as Argon2id can be made: the tests are about everything else.
PasswordPolicy cheap() {
  PasswordPolicy policy;
  policy.argon2_operations = crypto_pwhash_OPSLIMIT_MIN;
  policy.argon2_memory_bytes = crypto_pwhash_MEMLIMIT_MIN;
  return policy;
}

// Holds a call of the store until it is let go, so that a pool thread is certainly busy.
class GatedStore final : public ports::AccountStore {
 public:
  Result<std::optional<ports::Account>> find_by_email(const std::string& email) override {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    return inner_.find_by_email(email);
  }
  Result<ports::Account> create(ports::Account a) override { return inner_.create(std::move(a)); }
  Result<std::optional<ports::Account>> find(sale::BuyerId id) override { return inner_.find(id); }
  Result<std::vector<ports::Account>> staff() override { return inner_.staff(); }
  Status set_role(sale::BuyerId id, ports::Role r) override { return inner_.set_role(id, r); }
  Status set_password(sale::BuyerId id, const std::string& h) override {
    return inner_.set_password(id, h);
  }
  Result<sale::BuyerId> reserve_ids(std::uint64_t n) override { return inner_.reserve_ids(n); }

  void wait_until_inside() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
  testing::MemoryAccountStore inner_;
};

SignInAnswer sign_up(Accounts& accounts, const std::string& email, const std::string& password,
                     const std::string& language = "en") {
  std::promise<SignInAnswer> answer;
  accounts.sign_up(email, password, language, ports::Role::buyer,
                   [&](SignInAnswer a) { answer.set_value(std::move(a)); });
  return answer.get_future().get();
}

SignInAnswer sign_in(Accounts& accounts, const std::string& email, const std::string& password) {
  std::promise<SignInAnswer> answer;
  accounts.sign_in(email, password, [&](SignInAnswer a) { answer.set_value(std::move(a)); });
  return answer.get_future().get();
}

class AccountsTest : public ::testing::Test {
 protected:
  testing::MemoryAccountStore store;
  ports::SystemClock clock;
  Accounts accounts{store, clock, cheap()};
};

TEST_F(AccountsTest, who_signed_up_can_sign_in) {
  const SignInAnswer made = sign_up(accounts, "Ann@Example.ORG", "correct horse", "zh");
  ASSERT_TRUE(made.ok) << made.message;
  EXPECT_EQ(made.account.email, "Ann@example.org");
  EXPECT_EQ(made.account.language, "zh");
  EXPECT_TRUE(made.account.password_hash.starts_with("$argon2id$"));
  const SignInAnswer in = sign_in(accounts, "ann@example.org", "correct horse");
  ASSERT_TRUE(in.ok) << in.message;
  EXPECT_EQ(in.account.id, made.account.id);
  EXPECT_EQ(accounts.load().hashed, 2u);
}

TEST_F(AccountsTest, a_wrong_password_and_an_unknown_address_answer_alike_and_cost_alike) {
  ASSERT_TRUE(sign_up(accounts, "ann@example.org", "correct horse").ok);
  const auto hashed = accounts.load().hashed;
  const SignInAnswer wrong = sign_in(accounts, "ann@example.org", "wrong horse");
  EXPECT_EQ(accounts.load().hashed, hashed + 1);
  const SignInAnswer unknown = sign_in(accounts, "bob@example.org", "wrong horse");
  EXPECT_EQ(accounts.load().hashed, hashed + 2) << "an unknown address is hashed for as well";
  EXPECT_FALSE(wrong.ok);
  EXPECT_FALSE(unknown.ok);
  EXPECT_EQ(wrong.fault, SignInFault::wrong_credentials);
  EXPECT_EQ(unknown.fault, SignInFault::wrong_credentials);
  EXPECT_EQ(wrong.message, unknown.message);
}

TEST_F(AccountsTest, an_account_without_a_password_cannot_be_entered_by_one) {
  ports::Account account;
  account.email = "sso@example.org";
  ASSERT_TRUE(store.create(account));
  EXPECT_EQ(sign_in(accounts, "sso@example.org", "nobody signs in with this").fault,
            SignInFault::wrong_credentials);
}

TEST_F(AccountsTest, an_address_is_taken_once_whatever_its_case) {
  ASSERT_TRUE(sign_up(accounts, "ann@example.org", "correct horse").ok);
  EXPECT_EQ(sign_up(accounts, "ANN@example.org", "another horse").fault, SignInFault::email_taken);
}

TEST_F(AccountsTest, bad_input_is_refused_before_any_hashing) {
  EXPECT_EQ(sign_up(accounts, "ann@example.org", "seven77").fault, SignInFault::invalid_input);
  EXPECT_EQ(sign_up(accounts, "ann@example.org", std::string(129, 'x')).fault,
            SignInFault::invalid_input);
  EXPECT_EQ(sign_up(accounts, "nobody", "correct horse").fault, SignInFault::invalid_input);
  EXPECT_EQ(sign_up(accounts, "ann@example.org", "correct horse", "fr").fault,
            SignInFault::invalid_input);
  EXPECT_EQ(sign_in(accounts, "a b@example.org", "correct horse").fault,
            SignInFault::invalid_input);
  EXPECT_EQ(accounts.load().hashed, 0u);
  EXPECT_TRUE(sign_up(accounts, "ann@example.org", std::string(128, 'x')).ok);
  EXPECT_TRUE(sign_up(accounts, "bob@example.org", "eight888").ok);
}

TEST_F(AccountsTest, a_store_that_is_down_is_unavailable_not_wrong) {
  store.set_failing(true);
  EXPECT_EQ(sign_in(accounts, "ann@example.org", "correct horse").fault, SignInFault::unavailable);
  EXPECT_EQ(sign_up(accounts, "ann@example.org", "correct horse").fault, SignInFault::unavailable);
}

TEST_F(AccountsTest, a_hash_of_another_cost_is_renewed_when_its_owner_comes) {
  const SignInAnswer made = sign_up(accounts, "ann@example.org", "correct horse");
  PasswordPolicy dearer = cheap();
  dearer.argon2_operations = 3;
  Accounts renewed(store, clock, dearer);
  ASSERT_TRUE(sign_in(renewed, "ann@example.org", "correct horse").ok);
  const auto stored = store.find(made.account.id);
  ASSERT_TRUE(stored && stored->has_value());
  EXPECT_NE((*stored)->password_hash.find("t=3"), std::string::npos);
  EXPECT_TRUE(sign_in(renewed, "ann@example.org", "correct horse").ok);
}

TEST(AccountsQueue, a_full_queue_answers_busy_with_a_time_and_the_rest_is_answered) {
  GatedStore store;
  ports::SystemClock clock;
  PasswordPolicy policy = cheap();
  policy.queue_max = 3;
  std::atomic<int> answered{0};
  std::atomic<int> busy{0};
  {
    Accounts accounts(store, clock, policy);
    const auto done = [&](const SignInAnswer& a) {
      ++answered;
      if (a.fault == SignInFault::busy && !a.ok) {
        ++busy;
        EXPECT_GE(a.retry_after_seconds, 1);
      }
    };
    accounts.sign_in("a@example.org", "correct horse", done);
    store.wait_until_inside();
    for (int i = 0; i < 5; ++i) accounts.sign_in("a@example.org", "correct horse", done);
    EXPECT_EQ(busy, 2);
    EXPECT_EQ(accounts.load().waiting, 3u);
    EXPECT_EQ(accounts.load().refused, 2u);
    store.open();
  }
  EXPECT_EQ(answered, 6);
}

TEST(AccountsQueue, stopping_answers_every_waiting_job_once) {
  GatedStore store;
  ports::SystemClock clock;
  std::atomic<int> unavailable{0};
  std::atomic<int> answered{0};
  auto accounts = std::make_unique<Accounts>(store, clock, cheap());
  const auto done = [&](const SignInAnswer& a) {
    ++answered;
    if (!a.ok && a.fault == SignInFault::unavailable) ++unavailable;
  };
  accounts->sign_in("a@example.org", "correct horse", done);
  store.wait_until_inside();
  for (int i = 0; i < 4; ++i) accounts->sign_in("a@example.org", "correct horse", done);
  auto stopped = std::async(std::launch::async, [&] { accounts.reset(); });
  while (unavailable < 4) std::this_thread::yield();  // before the running one has ended
  EXPECT_EQ(answered, 4);
  store.open();
  stopped.get();
  EXPECT_EQ(answered, 5);
}

TEST(Email, only_plain_addresses_are_taken) {
  for (const char* good : {"a@b", "first.last+tag@example.org", "o'neil@mail.example.co.uk"}) {
    EXPECT_TRUE(normalise_email(good)) << good;
  }
  const std::string long_local = std::string(65, 'a') + "@example.org";
  const std::string long_address = "a@" + std::string(253, 'b');
  const std::vector<std::string> bad = {
      "",         "@",         "a@",     "@b",        "a",
      "a@b@c",    "a b@c",     "a@b c",  "a\t@b",     "a@b\r\nBcc: x@y",
      "<a@b>",    "a,b@c",     "a;b@c",  "\"a b\"@c", "a@[127.0.0.1]",
      ".a@b",     "a.@b",      "a..b@c", "a@.b",      "a@b.",
      "a@b..c",   "a@-b",      "a@b-",   "\xe4@b",    std::string("a\0@b", 4),
      long_local, long_address};
  for (const std::string& text : bad) EXPECT_FALSE(normalise_email(text)) << text;
  EXPECT_TRUE(normalise_email("a@" + std::string(252, 'b')));
}

TEST(PasswordText, the_string_it_was_made_from_is_wiped) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{100}}) {
    std::string source(size, 'p');
    const char* before = source.data();
    const Password password(source);
    EXPECT_EQ(password.text(), std::string(size, 'p'));
    EXPECT_TRUE(source.empty());
    ASSERT_EQ(source.data(), before) << "still its own memory";
    source.resize(source.capacity(), '\0');
    EXPECT_EQ(source.find('p'), std::string::npos);
  }
}

}  // namespace
}  // namespace onrush::accounts
