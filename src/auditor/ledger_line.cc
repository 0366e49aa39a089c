// The line.
#include "auditor/ledger.h"

namespace onrush::auditor {

void Ledger::on(const sale::event::PlaceTaken& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::PlaceLeft& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::DrawRevealed& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::LineCalled& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::PassClaimed& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::Registered& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::Unregistered& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::LineRateSet& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::BeaconSet& e) {
  (void)sale_of(e.sale);
}
void Ledger::on(const sale::event::NoticeSet& e) {
  (void)sale_of(e.sale);
}

}  // namespace onrush::auditor
