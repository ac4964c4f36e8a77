-- why: charges that only prove a card, and what a replaced billing key leaves behind at the gateway.
-- breaking: no

-- card_check: V1's checking_amount. It is given back at once and the merchant is not told of it.
alter table payments add column purpose text not null default 'order'
  constraint payments_purpose check (purpose in ('order', 'card_check'));
-- Small: only what has still to be given back.
create index payments_card_checks on payments (paid_at)
  where purpose = 'card_check' and state = 'paid';

-- What this key replaced. PAYJOA knows no call that ends an AUTOKEY, so the replaced one is still alive there.
alter table billing_keys add column replaced_card_number_masked text;
alter table billing_keys add column replaced_channel_key text;
