// The handlers of the route table, by resource. See routes.cc for who may call them.
#pragma once

#include "edge/api/routes.h"

namespace onrush::api::handle {

#define ONRUSH_HANDLER(name) void name(Station&, const http::Request&, const PathParams&, CallPtr)

// public_sales.cc
ONRUSH_HANDLER(list_sales);
ONRUSH_HANDLER(get_sale);
ONRUSH_HANDLER(get_live);
ONRUSH_HANDLER(get_gate);
ONRUSH_HANDLER(open_live_socket);
// line.cc
ONRUSH_HANDLER(take_place);
ONRUSH_HANDLER(get_place);
ONRUSH_HANDLER(leave_line);
ONRUSH_HANDLER(claim_pass);
// pass_check.cc
ONRUSH_HANDLER(check_pass);
// draw.cc
ONRUSH_HANDLER(get_draw);
ONRUSH_HANDLER(get_draw_entries);
// challenge_routes.cc
ONRUSH_HANDLER(get_challenge);
ONRUSH_HANDLER(solve_challenge);
// me.cc
ONRUSH_HANDLER(get_me);
ONRUSH_HANDLER(leave_standby);
// registrations.cc
ONRUSH_HANDLER(register_buyer);
ONRUSH_HANDLER(get_registration);
ONRUSH_HANDLER(unregister_buyer);
// purchase_path.cc
ONRUSH_HANDLER(get_path);
// sessions.cc
ONRUSH_HANDLER(sign_up);
ONRUSH_HANDLER(sign_in);
ONRUSH_HANDLER(refresh_session);
ONRUSH_HANDLER(sign_out);
ONRUSH_HANDLER(staff_sign_in);
ONRUSH_HANDLER(staff_refresh);
ONRUSH_HANDLER(staff_sign_out);
// orders.cc
ONRUSH_HANDLER(list_orders);
ONRUSH_HANDLER(get_order);
ONRUSH_HANDLER(confirm_order);
ONRUSH_HANDLER(release_order);
ONRUSH_HANDLER(make_order_token);
// payments.cc
ONRUSH_HANDLER(pay_order);
ONRUSH_HANDLER(take_provider_callback);
// pages.cc
ONRUSH_HANDLER(get_config);
ONRUSH_HANDLER(get_openapi);
ONRUSH_HANDLER(get_asset);
// admin_sales.cc
ONRUSH_HANDLER(admin_list_sales);
ONRUSH_HANDLER(admin_get_sale);
ONRUSH_HANDLER(admin_put_sale);
ONRUSH_HANDLER(admin_act);
// funnel.cc
ONRUSH_HANDLER(admin_get_funnel);
// admin_orders.cc
ONRUSH_HANDLER(admin_list_orders);
ONRUSH_HANDLER(admin_get_order);
ONRUSH_HANDLER(admin_refund);
ONRUSH_HANDLER(admin_confirm);
ONRUSH_HANDLER(admin_list_acts);
// admin_files.cc
ONRUSH_HANDLER(admin_orders_csv);
ONRUSH_HANDLER(admin_get_sale_file);
ONRUSH_HANDLER(admin_check_sale);
// admin_staff.cc
ONRUSH_HANDLER(set_up_owner);
ONRUSH_HANDLER(admin_list_staff);
ONRUSH_HANDLER(admin_put_staff);
ONRUSH_HANDLER(admin_mint_tokens);
// operations.cc
ONRUSH_HANDLER(get_metrics);
ONRUSH_HANDLER(get_healthz);
ONRUSH_HANDLER(get_readyz);

#undef ONRUSH_HANDLER

}  // namespace onrush::api::handle
