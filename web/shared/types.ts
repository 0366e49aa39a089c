// The documents of docs/http_api.md, as far as the pages read them.

export type Text = string | { en: string; zh?: string };

export type Phase = 'draft' | 'announced' | 'lobby' | 'open' | 'paused' | 'closed' | 'settled';
export type OrderState =
  | 'awaiting_payment' | 'paid' | 'paid_standby' | 'refunded' | 'expired' | 'released' | 'declined';
export const kOrderStates: OrderState[] = [
  'awaiting_payment', 'paid', 'paid_standby', 'refunded', 'expired', 'released', 'declined'];

export interface Account {
  id: string;
  email: string;
  language: string;
  role: 'buyer' | 'viewer' | 'operator' | 'owner';
}

export interface Session {
  token: string;
  expires_at: string;
  account: Account;
}

export interface Config {
  rush_origin?: string;
  languages?: string[];
  server_time: string;
}

export interface SaleItem {
  item: string;
  title: Text;
  description?: Text;
  image_url?: string;
  stock: number;
  price: number;
  per_buyer?: number;
  standby?: number | false;
}

export interface ChannelLinks {
  download?: string;
  register?: string;
}

export type LineMode = 'fifo' | 'draw';

// Each slot of time admits about `ratio` of the buyers, drawn by `salt`, account and slot.
export interface FilterRule {
  ratio: number;
  slot_ms: number;
  salt: string;
}

export interface Admission {
  channels: string[];
  channel_links: ChannelLinks;
  registration?: 'off' | 'optional' | 'required';
  filter?: FilterRule | null;
  challenge?: ('question' | 'proof_of_work')[];
  purchase_path?: boolean;
}

export interface Sale {
  sale: string;
  title: Text;
  description?: Text;
  currency: string;
  phase?: Phase;
  opens_at: string;
  closes_at: string;
  lobby_at?: string;
  hold_seconds: number;
  per_buyer: number;
  payment?: 'provider' | 'confirmation';
  line?: { mode: LineMode | 'off'; capacity: number; pass_seconds: number } | null;
  admission?: Admission;
  draw?: { commitment: string; algorithm: string } | null;
  items: SaleItem[];
  server_time?: string;
}

export interface SaleCard {
  sale: string;
  title: Text;
  description?: Text;
  phase: Phase;
  opens_at: string;
  closes_at: string;
}

export interface LiveItem {
  item: string;
  stock: number;
  free: number;
  held: number;
  paid: number;
  standby: number;
}

export interface LiveLine {
  mode: LineMode | 'off';
  entries: number;         // places taken in all
  lobby_entries: number;   // of these, before the opening: they take part in the draw
  drawn: boolean;
  serving: number;         // the highest number that was called
  claimed: number;
  active: number;          // passes claimed and not yet used or lapsed
  rate: number;
  claim_rate: number;
  full: boolean;
  can_win: boolean;
  win_up_to: number;       // numbers above it cannot win with what is left now
}

export interface Place {
  sale: string;
  entry: number;
  number: number | null;   // null: not drawn yet
  state: 'lobby' | 'waiting' | 'called' | 'claimed' | 'used' | 'left';
  serving: number;
  ahead: number | null;
  eta_seconds: { low: number; high: number } | null;
  token?: string;
  pass_expires_at: string | null;
  server_time: string;
}

export interface Pass {
  token: string;
  number: number;
  expires_at: string;
}

export interface Challenge {
  question: { id: string; text: Text; tries_left: number; retry_at?: string | null } | null;   // retry_at: of the next try, if none is left
  proof_of_work: ProofOfWork | null;
  needed: boolean;
}

export interface ProofOfWork {
  algorithm: string;
  challenge: string;
  salt: string;
  signature: string;
  maxnumber: number;
}

export interface DrawDocument {
  sale: string;
  algorithm: string;
  commitment: string;
  revealed: boolean;
  entries?: number;
  secret?: string;
  lobby_digest?: string;
  beacon?: string;
  seed?: string;
}

export interface Live {
  type?: 'live';
  sale: string;
  phase: Phase;
  reason?: string;
  server_time: string;
  opens_at: string;
  closes_at: string;
  items: LiveItem[];
  sold_out?: boolean;
  line?: LiveLine | null;
  notice?: Text | null;
}

export interface OrderUnit {
  item: string;
  unit: number;
  title?: Text;
}

export interface Payment {
  payment: string;
  state: 'started' | 'unknown' | 'declined' | 'captured' | 'refund_due' | 'refunded';
  amount?: number;
  captured?: number;
  currency?: string;
  refund_reason?: string;
  started_at?: string;
  updated_at?: string;
}

export interface Order {
  order: string;
  sale: string;
  sale_title?: Text;
  buyer?: string;
  email?: string;
  state: OrderState;
  granted_at: string;
  deadline: string;
  amount: number;
  currency: string;
  units: OrderUnit[];
  payment?: Payment | null;
  payments?: Payment[];
  created_at?: string;
  updated_at?: string;
  version?: number;
}

export interface Line {
  item: string;
  quantity: number;
}

export interface Standby {
  standby: string;
  position: number;
  lines: Line[];
}

export interface Me {
  sale: string;
  server_time: string;
  orders: Order[];
  standby: Standby[];
}

export interface OrderList {
  orders: Order[];
  next_cursor?: string | null;
}
