#include "accounts/accounts.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "accounts/email.h"
#include "accounts/password.h"
#include "base/thread_name.h"

namespace onrush::accounts {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kPasswordMin = 8;
constexpr std::size_t kPasswordMax = 128;

struct Job {
  bool is_sign_up = false;
  std::string email;
  Password password;
  std::string language;
  ports::Role role = ports::Role::buyer;
  Accounts::Done done;
};

SignInAnswer refusal(SignInFault fault, std::string message) {
  SignInAnswer answer;
  answer.fault = fault;
  answer.message = std::move(message);
  return answer;
}

SignInAnswer unavailable(std::string message) {
  return refusal(SignInFault::unavailable, std::move(message));
}

SignInAnswer success(ports::Account account) {
  SignInAnswer answer;
  answer.ok = true;
  answer.account = std::move(account);
  return answer;
}

std::string password_complaint(std::string_view password) {
  if (password.size() < kPasswordMin) return "The password has fewer than 8 characters.";
  if (password.size() > kPasswordMax) return "The password is longer than 128 bytes.";
  return {};
}

// A hash that no password matches is not enough: it must take as long to check as a real one.
std::string make_dummy_hash(HashCost cost) {
  std::string text = "nobody signs in with this";
  const Password password(text);
  auto hash = hash_password(password, cost);
  if (!hash) throw std::runtime_error("accounts: " + hash.error().message);
  return *hash;
}

}  // namespace

struct Accounts::Impl {
  Impl(ports::AccountStore& account_store, const ports::Clock& wall_clock,
       PasswordPolicy password_policy)
      : store(account_store),
        clock(wall_clock),
        policy(password_policy),
        cost{password_policy.argon2_operations, password_policy.argon2_memory_bytes} {
    const auto before = Steady::now();
    dummy_hash = make_dummy_hash(cost);
    note_hash_time(Steady::now() - before);
    hashed.store(0, std::memory_order_relaxed);  // counts people, not this
    for (unsigned i = 0; i < std::max(1u, policy.threads); ++i) {
      threads.emplace_back([this] {
        name_this_thread("passwords");
        work();
      });
    }
  }

  ~Impl() {
    std::deque<Job> dropped;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      dropped.swap(jobs);
    }
    changed.notify_all();
    for (Job& job : dropped) job.done(unavailable("The server is stopping."));
    for (std::thread& thread : threads) thread.join();
  }

  void submit(Job job) {
    bool stopped = false;
    {
      const std::lock_guard lock(mutex);
      stopped = stopping;
      if (!stopped && jobs.size() < policy.queue_max) {
        jobs.push_back(std::move(job));
        changed.notify_one();
        return;
      }
    }
    if (stopped) return job.done(unavailable("The server is stopping."));
    refused.fetch_add(1, std::memory_order_relaxed);
    SignInAnswer answer =
        refusal(SignInFault::busy, "Many people are signing in. Please try again.");
    answer.retry_after_seconds = retry_after_seconds();
    job.done(std::move(answer));
  }

  // When the jobs that wait now will have been worked off, at the pace measured so far.
  int retry_after_seconds() const {
    const double each_ms = hash_ms.load(std::memory_order_relaxed);
    const double ahead = static_cast<double>(policy.queue_max + 1) / std::max(1u, policy.threads);
    return std::clamp(static_cast<int>(each_ms * ahead / 1'000) + 1, 1, 300);
  }

  void note_hash_time(Steady::duration took) {
    const double ms = std::chrono::duration<double, std::milli>(took).count();
    const double before = hash_ms.load(std::memory_order_relaxed);
    hash_ms.store(before == 0 ? ms : before * 0.9 + ms * 0.1, std::memory_order_relaxed);
    hashed.fetch_add(1, std::memory_order_relaxed);
  }

  void work() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stopping || !jobs.empty(); });
        if (jobs.empty()) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      job.done(job.is_sign_up ? sign_up(job) : sign_in(job));
    }
  }

  Result<std::string> timed_hash(const Password& password) {
    const auto before = Steady::now();
    auto hash = hash_password(password, cost);
    note_hash_time(Steady::now() - before);
    return hash;
  }

  bool timed_match(const std::string& hash, const Password& password) {
    const auto before = Steady::now();
    const bool matches = password_matches(hash, password);
    note_hash_time(Steady::now() - before);
    return matches;
  }

  SignInAnswer sign_up(const Job& job) {
    // Before hashing: an address that is taken is told anyway, so there is no reason to pay for it.
    const auto existing = store.find_by_email(job.email);
    if (!existing) return unavailable("Accounts cannot be reached.");
    if (existing->has_value()) return taken();
    auto hash = timed_hash(job.password);
    if (!hash) return unavailable(hash.error().message);
    ports::Account account;
    account.email = job.email;
    account.password_hash = std::move(*hash);
    account.role = job.role;
    account.language = job.language;
    account.created_at = clock.now();
    auto created = store.create(std::move(account));
    if (created) return success(std::move(*created));
    // Somebody else may have taken it while this one was hashed.
    if (created.error().kind == ErrorKind::rejected) return taken();
    return unavailable("Accounts cannot be reached.");
  }

  static SignInAnswer taken() {
    return refusal(SignInFault::email_taken,
                   "There is an account with this e-mail address already.");
  }

  SignInAnswer sign_in(const Job& job) {
    auto found = store.find_by_email(job.email);
    if (!found) return unavailable("Accounts cannot be reached.");
    const bool usable = found->has_value() && !(*found)->password_hash.empty();
    const std::string& hash = usable ? (*found)->password_hash : dummy_hash;
    const bool matches = timed_match(hash, job.password);
    if (!usable || !matches) {
      return refusal(SignInFault::wrong_credentials,
                     "The e-mail address or the password is wrong.");
    }
    ports::Account account = std::move(**found);
    renew_hash(account, job.password);
    return success(std::move(account));
  }

  // Brings a hash of another cost to today's. Failing to is no reason to keep its owner out.
  void renew_hash(ports::Account& account, const Password& password) {
    if (!needs_rehash(account.password_hash, cost)) return;
    auto hash = timed_hash(password);
    if (hash && store.set_password(account.id, *hash)) account.password_hash = std::move(*hash);
  }

  ports::AccountStore& store;
  const ports::Clock& clock;
  const PasswordPolicy policy;
  const HashCost cost;
  std::string dummy_hash;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool stopping = false;

  std::atomic<double> hash_ms{0};
  std::atomic<std::uint64_t> hashed{0};
  std::atomic<std::uint64_t> refused{0};
  std::vector<std::thread> threads;
};

Accounts::Accounts(ports::AccountStore& store, const ports::Clock& clock, PasswordPolicy policy)
    : impl_(std::make_unique<Impl>(store, clock, policy)) {}

Accounts::~Accounts() = default;

void Accounts::sign_up(std::string email, std::string password, std::string language,
                       ports::Role role, Done done) {
  Job job;
  job.password = Password(password);
  auto normal = normalise_email(email);
  if (!normal) return done(refusal(SignInFault::invalid_input, normal.error().message));
  if (std::string complaint = password_complaint(job.password.text()); !complaint.empty()) {
    return done(refusal(SignInFault::invalid_input, std::move(complaint)));
  }
  if (language != "en" && language != "zh") {
    return done(refusal(SignInFault::invalid_input, "The language is \"en\" or \"zh\"."));
  }
  job.is_sign_up = true;
  job.email = std::move(*normal);
  job.language = std::move(language);
  job.role = role;
  job.done = std::move(done);
  impl_->submit(std::move(job));
}

void Accounts::sign_in(std::string email, std::string password, Done done) {
  Job job;
  job.password = Password(password);
  auto normal = normalise_email(email);
  if (!normal) return done(refusal(SignInFault::invalid_input, normal.error().message));
  if (std::string complaint = password_complaint(job.password.text()); !complaint.empty()) {
    return done(refusal(SignInFault::invalid_input, std::move(complaint)));
  }
  job.email = std::move(*normal);
  job.done = std::move(done);
  impl_->submit(std::move(job));
}

ports::AccountStore& Accounts::store() {
  return impl_->store;
}

Accounts::Load Accounts::load() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->jobs.size(), impl_->hashed.load(std::memory_order_relaxed),
          impl_->refused.load(std::memory_order_relaxed)};
}

}  // namespace onrush::accounts
