// Staff accounts and roles, the first owner, and tokens for a synthetic crowd.
#include <algorithm>
#include <memory>
#include <utility>

#include "edge/api/handlers.h"
#include "edge/api/session_answers.h"
#include "edge/api/staff_roles.h"
#include "edge/api/strict_json.h"

namespace onrush::api::handle {
namespace {

using StaffList = Result<std::vector<ports::Account>>;

void write_staff(live::JsonWriter& out, const ports::Account& account) {
  out.begin_object();
  write_account_members(out, account);
  out.key("created_at").time(account.created_at).end_object();
}

bool has_owner(const std::vector<ports::Account>& staff, sale::BuyerId except = {}) {
  return std::any_of(staff.begin(), staff.end(), [&](const ports::Account& account) {
    return account.role == ports::Role::owner && account.id != except;
  });
}

// A set-up under way, of which there is one at a time. It ends before its answer is given, so that
// who has the answer can go on; at the latest when its last step is done or dropped.
class SetupTurn {
 public:
  explicit SetupTurn(StaffRoles& roles) : roles_(roles) {}
  ~SetupTurn() { end(); }
  SetupTurn(const SetupTurn&) = delete;
  SetupTurn& operator=(const SetupTurn&) = delete;
  void end() {
    if (!std::exchange(ended_, true)) roles_.end_setup();
  }

 private:
  StaffRoles& roles_;
  bool ended_ = false;
};
using SetupTurnPtr = std::shared_ptr<SetupTurn>;

// The store is asked, then the accounts' pool hashes; meanwhile no second set-up may begin.
void create_owner(Station& station, const CallPtr& call, std::string email, std::string password,
                  const SetupTurnPtr& turn) {
  station.context.accounts.sign_up(
      std::move(email), std::move(password), "en", ports::Role::owner,
      [&station, call, turn](accounts::SignInAnswer answer) {
        turn->end();  // the account is stored
        station.worker.post([&station, call, answer = std::move(answer)] {
          if (!answer.ok) return call->fail(problem_of(answer));
          send_session(station, *call, 201, answer.account, accounts::TokenKind::staff);
        });
      });
}

void add_staff(Station& station, const CallPtr& call, std::string email, std::string password,
               const std::string& language, ports::Role role) {
  station.context.accounts.sign_up(std::move(email), std::move(password), language, role,
                                   [&station, call](accounts::SignInAnswer answer) {
                                     station.worker.post([call, answer = std::move(answer)] {
                                       if (!answer.ok) return call->fail(problem_of(answer));
                                       std::string text;
                                       live::JsonWriter out(text);
                                       write_staff(out, answer.account);
                                       call->send_json(201, std::move(text));
                                     });
                                   });
}

struct RoleChange {
  std::optional<ports::Account> account;
  Problem problem{problem::kUnavailable, "Accounts cannot be read now.", 2, {}};
};

// Blocks. Somebody must stay who can let others in.
RoleChange change_role(ports::AccountStore& store, StaffRoles& roles, sale::BuyerId id,
                       ports::Role role) {
  RoleChange change;
  auto account = store.find(id);
  const StaffList staff = store.staff();
  if (!account || !staff) return change;
  if (!account->has_value()) {
    change.problem = {problem::kNotFound, "There is no such account.", 0, {}};
  } else if (role != ports::Role::owner && (*account)->role == ports::Role::owner &&
             !has_owner(*staff, id)) {
    change.problem = {problem::kWrongState, "The last owner must stay an owner.", 0, {}};
  } else if (store.set_role(id, role)) {
    roles.changed(id, role);
    change.account = **account;
    change.account->role = role;
  }
  return change;
}

void set_role(Station& station, const CallPtr& call, sale::BuyerId id, ports::Role role) {
  station.block<RoleChange>(
      call,
      [&context = station.context, id, role] {
        return change_role(context.accounts.store(), context.staff_roles, id, role);
      },
      [](const CallPtr& asked, const RoleChange& change) {
        if (!change.account) return asked->fail(change.problem);
        std::string text;
        live::JsonWriter out(text);
        write_staff(out, *change.account);
        asked->send_json(200, std::move(text));
      });
}

std::string mint_tokens(const ApiContext& context, sale::BuyerId first, std::uint64_t count,
                        Millis valid) {
  accounts::Tokens tokens(context.keys);
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::buyer;
  claims.issued_at = context.clock.now();
  claims.expires_at = claims.issued_at + valid;
  std::string text;
  text.reserve(64 + count * 256);
  live::JsonWriter out(text);
  out.begin_object().key("first_buyer").id(first.value()).key("expires_at").time(claims.expires_at);
  out.key("tokens").begin_array();
  for (std::uint64_t i = 0; i < count; ++i) {
    claims.subject = sale::BuyerId{first.value() + i};
    out.text(tokens.sign(claims));
  }
  out.end_array().end_object();
  return text;
}

}  // namespace

void set_up_owner(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const std::string token = fields.text("token", 1, 1024);
  const std::string email = fields.text("email", 1, 254);
  const std::string password = fields.text("password", 1, 1024);
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  if (!station.tokens.verify(token, accounts::TokenKind::setup, station.context.clock.now())) {
    return call->fail(problem::kUnauthorized, "The link is not valid or too old.");
  }
  if (!station.context.staff_roles.begin_setup()) {
    return call->fail(Problem{problem::kBusy, "Another set-up is under way.", 1, {}});
  }
  const auto turn = std::make_shared<SetupTurn>(station.context.staff_roles);
  station.block<StaffList>(
      std::move(call), [&store = station.context.accounts.store()] { return store.staff(); },
      [&station, turn, email, password](const CallPtr& asked, const StaffList& staff) {
        if (staff && !has_owner(*staff)) return create_owner(station, asked, email, password, turn);
        turn->end();
        if (!staff)
          return asked->fail(Problem{problem::kUnavailable, "Accounts cannot be read now.", 2, {}});
        asked->fail(problem::kForbidden, "The link was used: there is an owner.");
      });
}

void admin_list_staff(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  station.block<StaffList>(
      std::move(call), [&store = station.context.accounts.store()] { return store.staff(); },
      [](const CallPtr& asked, const StaffList& staff) {
        if (!staff)
          return asked->fail(Problem{problem::kUnavailable, "Accounts cannot be read now.", 2, {}});
        std::string text;
        live::JsonWriter out(text);
        out.begin_object().key("staff").begin_array();
        for (const auto& account : *staff) write_staff(out, account);
        out.end_array().end_object();
        asked->send_json(200, std::move(text));
      });
}

void admin_put_staff(Station& station, const http::Request& request, const PathParams&,
                     CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const auto role = parse_role(fields.text("role", 1, 16));
  if (!role) fields.fail("role", "must be buyer, viewer, operator or owner");
  if (fields.has("account")) {
    const auto id = parse_id(fields.text("account", 1, 20));
    if (!id) fields.fail("account", "must be the id of an account");
    if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
    return set_role(station, call, sale::BuyerId{*id}, *role);
  }
  const std::string email = fields.text("email", 1, 254);
  const std::string password = fields.text("password", 1, 1024);
  const std::string language = fields.text_or("language", "en", 8);
  if (language != "en" && language != "zh") fields.fail("language", "must be \"en\" or \"zh\"");
  if (role == ports::Role::buyer)
    fields.fail("role", "a new staff account needs a role of the staff");
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  add_staff(station, call, email, password, language, *role);
}

void admin_mint_tokens(Station& station, const http::Request& request, const PathParams&,
                       CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const auto count = static_cast<std::uint64_t>(fields.integer("count", 1, 10'000));
  const auto valid = std::chrono::seconds(fields.integer_or("valid_seconds", 3'600, 1, 7 * 86'400));
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  station.block<Result<std::string>>(
      std::move(call),
      [&context = station.context, count, valid]() -> Result<std::string> {
        const auto first = context.accounts.store().reserve_ids(count);
        if (!first) return first.error();
        return mint_tokens(context, *first, count, valid);
      },
      [](const CallPtr& asked, Result<std::string> document) {
        if (!document)
          return asked->fail(
              Problem{problem::kUnavailable, "Accounts cannot be written now.", 2, {}});
        asked->send_json(200, std::move(*document));
      });
}

}  // namespace onrush::api::handle
