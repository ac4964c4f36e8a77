// Written by tools/generate-contract-of-console.ts from console/openapi.json; change what is there instead.

export interface components {
  schemas: {
    Error: {
      error: {
        code: 'bad_request' | 'bad_cursor' | 'not_found' | 'method_not_allowed' | 'too_large' | 'unsupported_media_type' | 'too_many_requests' | 'internal_error' | 'not_signed_in' | 'wrong_credentials' | 'wrong_totp_code' | 'locked_out' | 'tls_required' | 'csrf_refused' | 'forbidden' | 'password_change_required' | 'totp_setup_required' | 'weak_password' | 'same_password' | 'email_unfit' | 'wrong_password' | 'totp_already_on' | 'totp_not_begun' | 'totp_demanded' | 'operator_taken' | 'last_owner' | 'own_account' | 'sandbox_only' | 'channel_refused' | 'channel_disabled' | 'key_revoked' | 'report_unavailable' | 'day_out_of_range' | 'discrepancy_resolved' | 'clock_has_live_channel' | 'clock_not_frozen' | 'clock_advancing' | 'clock_out_of_range' | 'payment_not_paid' | 'payment_not_unknown' | 'verdict_too_early' | 'transaction_id_missing' | 'cancel_not_unknown' | 'cancel_fully_cancelled' | 'cancel_checksum_mismatch' | 'cancel_outcome_awaited' | 'cancel_over_balance' | 'cancel_tax_free_unfit' | 'cancel_contended' | 'held_after_restore' | 'cancel_failed' | 'export_too_large' | 'billing_key_has_schedules' | 'card_refused' | 'charge_refused' | 'schedule_not_scheduled' | 'schedule_not_repeatable' | 'schedule_uid_taken' | 'schedule_in_past' | 'nothing_chosen' | 'webhook_address_refused' | 'webhook_no_address' | 'webhook_being_sent' | 'webhook_endpoint_paused' | 'webhook_endpoint_not_paused' | 'webhook_old_secret_live' | 'webhook_no_old_secret' | 'webhook_none_for_payment'
        /** English, for whoever reads the API by hand. */
        message: string
        /** What is wrong, by parameter; nested ones with dots. */
        fields: Record<string, 'missing' | 'unknown' | 'malformed' | 'too_small' | 'too_large' | 'too_short' | 'too_long'> | null
        requestId: string
      }
    }
    Session: {
      operator: {
        operatorId: string
        email: string
        name: string
        role: 'owner' | 'operator' | 'viewer'
        hasTotp: boolean
        recoveryCodesLeft: number
        /** Null: the browser's. */
        language: 'ko' | 'en' | null
      }
      merchant: {
        merchantId: number
        name: string
      }
      otherMerchants: Array<{
        merchantId: number
        name: string
      }>
      /** The value of X-Billkey-Csrf. It changes with the session. */
      csrfToken: string
      /** Until it is done, every other call is refused. */
      mustDo: 'change_password' | 'set_up_totp' | null
      /** What the merchant's enabled channels are for. */
      mode: 'none' | 'sandbox' | 'live' | 'both'
      /** This server is a sandbox: it has a simulator and test cards. */
      isSandbox: boolean
      clock: components['schemas']['Clock']
      /** Whatever is done, the session ends then. */
      expiresAt: string
      /** The session ends then if nothing is done. */
      idleExpiresAt: string
      /** Of the server. */
      version: string
    }
    OpenSession: {
      sessionId: string
      isThisOne: boolean
      startedAt: string
      lastSeenAt: string
      clientIp: string
      userAgent: string | null
    }
    Clock: {
      /** The merchant's present instant. */
      now: string
      isFrozen: boolean
      /** Null: no advance is under way. */
      advancingTo: string | null
      /** False: the merchant has a live channel. */
      mayFreeze: boolean
      /** When the next schedule or webhook is due; null when nothing waits or time runs. */
      nextEventAt: string | null
    }
    Overview: {
      /** The merchant's present instant. */
      asOf: string
      today: {
        /** A day in Korea, yyyy-mm-dd. */
        day: string
        approved: {
          count: number
          amountWon: number
        }
        failed: {
          count: number
          amountWon: number
        }
        unknown: {
          count: number
          amountWon: number
        }
        refunded: {
          count: number
          amountWon: number
        }
      }
      period: 'day' | 'week' | 'month'
      /** 30 days, 13 weeks or 12 months, oldest first, without gaps. */
      series: Array<{
        /** The first day of the point, in Korea. Weeks begin on Monday. */
        start: string
        approvedCount: number
        /** Taken. */
        approvedWon: number
        /** Given back, on the day it went back. */
        refundedWon: number
        /** Taken less given back. */
        revenueWon: number
        failedCount: number
        /** 0 to 1, of approved and failed ones. Null: there were none. */
        approvalRate: number | null
      }>
      /** Of the last 30 days, the most frequent first, ten at most. */
      failureReasons: Array<{
        /** As PAYJOA or billkey gave it: `[code]message`. */
        reason: string
        count: number
        amountWon: number
      }>
      failuresCounted: {
        /** Of how many failures the reasons are: the newest. */
        count: number
        /** False: there are more than were looked at. */
        isComplete: boolean
      }
      /** Scheduled payments of today and the 13 days after it, without gaps. */
      upcoming: Array<{
        /** A day in Korea, yyyy-mm-dd. */
        day: string
        count: number
        amountWon: number
      }>
      unknownPayments: {
        count: number
        amountWon: number
        isExact: boolean
      }
      openDiscrepancies: components['schemas']['Count']
      webhooks: {
        pending: components['schemas']['Count']
        held: components['schemas']['Count']
        givenUpToday: components['schemas']['Count']
        oldestPendingAt: string | null
        endpoints: Array<{
          mode: 'live' | 'sandbox'
          url: string | null
          failingSince: string | null
          pausedAt: string | null
        }>
      }
      gateways: Array<{
        channelKey: string
        name: string
        pgId: string
        mode: 'live' | 'sandbox'
        state: 'answers' | 'down'
        downSince: string | null
        downReason: string | null
      }>
      /** How far a new merchant has come. */
      setUp: {
        hasChannel: boolean
        hasApiKey: boolean
        hasPayment: boolean
        hasBillingKey: boolean
        hasSchedule: boolean
        hasWebhookEndpoint: boolean
      }
    }
    Count: {
      /** Counted up to 1,000; up to 10,000 of what is to be changed and of what is not well. */
      count: number
      /** False: there may be more. */
      isExact: boolean
    }
    PaymentSummary: {
      impUid: string
      merchantUid: string
      /** As billkey keeps it. */
      state: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'
      /** Cancelled, but not in whole. */
      isPartlyCancelled: boolean
      /** Found late and on its way back by itself. */
      isGivenBack: boolean
      /** As V1 shows it. */
      v1Status: 'ready' | 'paid' | 'failed' | 'cancelled'
      method: 'key_in' | 'billing_key'
      mode: 'live' | 'sandbox'
      purpose: 'order' | 'card_check'
      channelKey: string
      pgId: string
      amountWon: number
      /** Given back for certain. */
      cancelledWon: number
      name: string | null
      buyerName: string | null
      customerUid: string | null
      cardName: string | null
      cardNumberMasked: string | null
      failReason: string | null
      startedAt: string
      paidAt: string | null
      failedAt: string | null
      cancelledAt: string | null
    }
    Payment: {
      impUid: string
      merchantUid: string
      /** As billkey keeps it. */
      state: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'
      /** Cancelled, but not in whole. */
      isPartlyCancelled: boolean
      /** Found late and on its way back by itself. */
      isGivenBack: boolean
      /** As V1 shows it. */
      v1Status: 'ready' | 'paid' | 'failed' | 'cancelled'
      method: 'key_in' | 'billing_key'
      mode: 'live' | 'sandbox'
      purpose: 'order' | 'card_check'
      channelKey: string
      pgId: string
      amountWon: number
      /** Given back for certain. */
      cancelledWon: number
      name: string | null
      buyerName: string | null
      customerUid: string | null
      cardName: string | null
      cardNumberMasked: string | null
      failReason: string | null
      startedAt: string
      paidAt: string | null
      failedAt: string | null
      cancelledAt: string | null
      taxFreeWon: number
      vatWon: number | null
      /** 0: lump sum; else months. */
      cardQuota: number
      cardCode: string | null
      /** 0 credit, 1 debit. */
      cardType: number | null
      buyerEmail: string | null
      buyerTel: string | null
      buyerAddr: string | null
      buyerPostcode: string | null
      customData: string | null
      noticeUrl: string | null
      userAgent: string | null
      customerUidUsage: 'issue' | 'payment' | 'payment.scheduled' | null
      /** DAOUTRX. */
      pgTid: string | null
      /** AUTHNO. */
      applyNum: string | null
      failure: 'declined' | 'unsent' | 'evidence' | null
      cancelReason: string | null
      receiptUrl: string | null
      /** The schedule it came from. */
      scheduleId: string | null
      /** Its customerUid has a billing key now. */
      hasBillingKey: boolean
      /** Held by cancels whose outcome is not known yet. */
      reservedWon: number
      /** What a cancel may ask for; also the checksum it has to carry. */
      cancellableWon: number
      taxFreeCancellableWon: number
      /** All of them, oldest first. */
      cancels: Array<components['schemas']['Cancel']>
      /** What the state allows, whoever asks. */
      acts: {
        cancel: boolean
        resolve: boolean
        /** From when on "not charged" may be said; null when that is now or never. */
        notChargedFrom: string | null
        resendWebhook: boolean
      }
    }
    Cancel: {
      cancelId: string
      state: 'sending' | 'unknown' | 'done' | 'failed'
      amountWon: number
      taxFreeWon: number
      reason: string | null
      pgTid: string | null
      failure: 'declined' | 'unsent' | 'evidence' | null
      failReason: string | null
      startedAt: string
      cancelledAt: string | null
      receiptUrl: string | null
      /** Its outcome is unknown: an operator may settle it. */
      resolvable: boolean
      /** From when on "not cancelled" may be said; null when that is now or never. */
      notCancelledFrom: string | null
    }
    Exchange: {
      exchangeId: string
      purpose: 'issue' | 'charge' | 'cancel'
      cancelId: string | null
      /** PAYMETHOD. */
      method: string | null
      orderNumber: string
      amountWon: number
      outcome: 'sending' | 'approved' | 'declined' | 'unsent' | 'unknown'
      cause: string | null
      resultCode: string | null
      resultMessage: string | null
      transactionId: string | null
      startedAt: string
      finishedAt: string | null
      ready: {
        url: string
        /** Masked before it was stored. */
        request: Array<{
          name: string
          value: string
        }>
        httpStatus: number | null
        response: Array<{
          name: string
          value: string
        }> | null
        /** Why there was no usable answer. */
        error: string | null
        durationMs: number
      } | null
      execute: {
        url: string
        /** Masked before it was stored. */
        request: Array<{
          name: string
          value: string
        }>
        httpStatus: number | null
        response: Array<{
          name: string
          value: string
        }> | null
        /** Why there was no usable answer. */
        error: string | null
        durationMs: number
      } | null
      /** Where what was sent and answered is now: billkey archive show. */
      archiveId: string | null
    }
    TimelineEntry: {
      kind: 'requested'
      at: string
      /** What asked for it. */
      by: 'api' | 'schedule' | 'card_check'
      amountWon: number
      method: 'key_in' | 'billing_key'
      scheduleId: string | null
    } | {
      kind: 'exchange'
      at: string
      exchange: components['schemas']['Exchange']
    } | {
      kind: 'state'
      at: string
      state: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'
      failure: 'declined' | 'unsent' | 'evidence' | null
      reason: string | null
    } | {
      kind: 'evidence'
      at: string
      source: 'operator' | 'notification' | 'daily_file' | 'answer'
      verdict: 'charged' | 'not_charged' | 'cancelled' | 'not_cancelled'
      /** Null: about the payment itself. */
      cancelId: string | null
      transactionId: string | null
      actor: string
      reason: string
    } | {
      kind: 'gateway_fact'
      at: string
      source: 'notification' | 'daily_file'
      fact: 'approval' | 'cancel'
      transactionId: string
      amountWon: number
      /** By PAYJOA's clock. */
      happenedAt: string | null
      /** How often it came. */
      times: number
    } | {
      kind: 'cancel'
      at: string
      cancel: components['schemas']['Cancel']
    } | {
      kind: 'webhook'
      at: string
      webhookId: string
      status: 'ready' | 'paid' | 'failed' | 'cancelled'
      state: 'pending' | 'held' | 'delivered' | 'given_up'
      attemptCount: number
      nextAttemptAt: string | null
      deliveredAt: string | null
      /** Where its attempts are now, but for those of a later replay. */
      archiveId: string | null
    } | {
      kind: 'webhook_attempt'
      at: string
      webhookId: string
      attempt: number
      url: string | null
      httpStatus: number | null
      error: string | null
      /** Null: no end was recorded. */
      durationMs: number | null
    } | {
      kind: 'act'
      at: string
      eventId: string
      actor: string
      action: string
      detail: unknown
    } | {
      kind: 'discrepancy'
      at: string
      discrepancyId: string
      discrepancyKind: string
      detail: string
      resolvedAt: string | null
      resolvedBy: string | null
    }
    BillingKeySummary: {
      customerUid: string
      channelKey: string
      pgId: string
      mode: 'live' | 'sandbox'
      cardNumberMasked: string
      cardCode: string | null
      cardName: string | null
      /** 0 credit, 1 debit. */
      cardType: number | null
      customerId: string | null
      customerName: string | null
      customerTel: string | null
      customerEmail: string | null
      /** Of the first issue. */
      insertedAt: string
      /** Of the last issue; equal to insertedAt for a card never replaced. */
      updatedAt: string
    }
    BillingKey: {
      customerUid: string
      channelKey: string
      pgId: string
      mode: 'live' | 'sandbox'
      cardNumberMasked: string
      cardCode: string | null
      cardName: string | null
      /** 0 credit, 1 debit. */
      cardType: number | null
      customerId: string | null
      customerName: string | null
      customerTel: string | null
      customerEmail: string | null
      /** Of the first issue. */
      insertedAt: string
      /** Of the last issue; equal to insertedAt for a card never replaced. */
      updatedAt: string
      customerAddr: string | null
      customerPostcode: string | null
      /** The card before this one. */
      replacedCardNumberMasked: string | null
      /** False: it cannot be charged. */
      isChannelEnabled: boolean
      paymentCount: components['schemas']['Count']
      /** Of the payments that were counted, less what was given back. */
      paidWon: number
      pendingScheduleCount: components['schemas']['Count']
      lastPayment: {
        impUid: string
        v1Status: 'ready' | 'paid' | 'failed' | 'cancelled'
        amountWon: number
        startedAt: string
      } | null
      /** Newest payments that failed, ten at most: a card that has expired shows here. */
      failuresInARow: number
      /** It is of a test contract. */
      mayTestCharge: boolean
    }
    ScheduleSummary: {
      scheduleId: string
      merchantUid: string
      customerUid: string
      /** `executing`: its payment is on its way or unknown. */
      state: 'scheduled' | 'executing' | 'paid' | 'failed' | 'cancelled' | 'revoked'
      scheduleAt: string
      /** Later than scheduleAt when an attempt did not reach PAYJOA. */
      dueAt: string
      amountWon: number
      name: string
      /** Of the last attempt. */
      impUid: string | null
      failReason: string | null
      /** Attempts so far that did not reach PAYJOA. */
      unsentAttempts: number
      executedAt: string | null
      revokedAt: string | null
    }
    Schedule: {
      scheduleId: string
      merchantUid: string
      customerUid: string
      /** `executing`: its payment is on its way or unknown. */
      state: 'scheduled' | 'executing' | 'paid' | 'failed' | 'cancelled' | 'revoked'
      scheduleAt: string
      /** Later than scheduleAt when an attempt did not reach PAYJOA. */
      dueAt: string
      amountWon: number
      name: string
      /** Of the last attempt. */
      impUid: string | null
      failReason: string | null
      /** Attempts so far that did not reach PAYJOA. */
      unsentAttempts: number
      executedAt: string | null
      revokedAt: string | null
      taxFreeWon: number
      vatWon: number | null
      cardQuota: number
      customerId: string | null
      buyerName: string | null
      buyerEmail: string | null
      buyerTel: string | null
      buyerAddr: string | null
      buyerPostcode: string | null
      customData: string | null
      noticeUrl: string | null
      createdAt: string
      updatedAt: string
      /** False: an attempt would fail. */
      hasBillingKey: boolean
      /** Payments under its merchant_uid, oldest first, 50 at most. */
      attempts: Array<components['schemas']['PaymentSummary']>
      acts: {
        reschedule: boolean
        revoke: boolean
        retry: boolean
      }
    }
    WebhookEndpoint: {
      mode: 'live' | 'sandbox'
      /** Null: none was set; only a notice_url is told. */
      url: string | null
      format: 'json' | 'form'
      /** Also ordinary failures, which V1 does not tell of. */
      sendsFailures: boolean
      /** 2: an older secret signs along. */
      secretCount: number
      failingSince: string | null
      pausedAt: string | null
      pauseReason: 'failing' | 'gone' | null
      waiting: components['schemas']['Count']
    }
    WebhookDelivery: {
      webhookId: string
      mode: 'live' | 'sandbox'
      impUid: string
      merchantUid: string
      /** The fact it tells of. */
      status: 'ready' | 'paid' | 'failed' | 'cancelled'
      cancellationId: string | null
      state: 'pending' | 'held' | 'delivered' | 'given_up'
      attemptCount: number
      /** The payment's own address; null: the endpoint's. */
      toNoticeUrl: string | null
      createdAt: string
      nextAttemptAt: string | null
      deliveredAt: string | null
      lastHttpStatus: number | null
      lastError: string | null
      /** Where its attempts are now, but for those of a later replay. */
      archiveId: string | null
    }
    Channel: {
      channelKey: string
      name: string
      provider: 'daou'
      /** CPID. */
      pgId: string
      /** sandbox: a test contract. */
      mode: 'live' | 'sandbox'
      baseUrl: string
      /** D: PAYJOA acquires. K: through KCP. */
      cardRoute: 'D' | 'K'
      productType: 'digital' | 'physical'
      taxMode: 'taxable' | 'exempt' | 'per_payment'
      /** Card and expiry: BILLTYPE 18. */
      allowsKeyInPlain: boolean
      /** With birth and password: BILLTYPE 13. */
      allowsKeyInVerified: boolean
      /** Billing keys: BILLTYPE 14. */
      allowsBilling: boolean
      /** What is done with characters that EUC-KR cannot carry. */
      unmappable: 'substitute' | 'reject'
      instalments: components['schemas']['Instalments']
      /** Of each billing method; null: none. */
      rateCapPerSecond: number | null
      /** Of the contract; null: none. */
      totalRateCapPerSecond: number | null
      /** What becomes of an approval found when nobody waits for its answer. */
      lateApprovals: 'keep' | 'cancel'
      reportBaseUrl: string | null
      /** Without it no daily file is fetched. */
      hasReportPassword: boolean
      /** To be registered with PAYJOA, behind the address of this server. */
      notificationPath: string
      isDefault: boolean
      disabledAt: string | null
      gateway: {
        state: 'answers' | 'down'
        downSince: string | null
        reason: string | null
      }
    }
    Instalments: {
      others: Array<number>
      /** Companies with months of their own, by KFTC code. */
      byCompany: Array<{
        cardCode: string
        months: Array<number>
      }>
    }
    ApiKey: {
      impKey: string
      createdAt: string
      revokedAt: string | null
    }
    Request: {
      requestId: string
      at: string
      method: string
      /** The pattern, not the address. */
      route: string
      /** HTTP. */
      status: number
      /** The envelope's code. */
      code: number | null
      /** The envelope's message, when it refused. */
      message: string | null
      durationMs: number
      impUid: string | null
      merchantUid: string | null
      customerUid: string | null
      /** The API key it was made with, or that it asked a token for. */
      impKey: string | null
      clientIp: string
    }
    Settings: {
      merchantId: number
      merchantName: string
      /** What becomes of the schedules of a billing key that is deleted. */
      pendingSchedulesOnDelete: 'leave' | 'refuse' | 'revoke'
      /** Every operator has to set up TOTP. */
      requireTotp: boolean
      createdAt: string
    }
    Operator: {
      operatorId: string
      email: string
      name: string
      role: 'owner' | 'operator' | 'viewer'
      language: 'ko' | 'en' | null
      hasTotp: boolean
      mustChangePassword: boolean
      createdAt: string
      lastSignedInAt: string | null
      /** After wrong passwords; null: may sign in. */
      lockedUntil: string | null
      disabledAt: string | null
    }
    AuditEvent: {
      eventId: string
      /** Its place in the chain. */
      sequence: number | null
      at: string
      /** `operator:<e-mail>`, `api:<imp_key>`, `cli:<user>`, `worker` … */
      actor: string
      /** `payment.cancel`, `channel.set` … */
      action: string
      /** What it was done to. */
      subject: string
      /** What was changed; no secrets. */
      detail: unknown
    }
    Discrepancy: {
      discrepancyId: string
      kind: 'late_approval' | 'charged_twice' | 'foreign_charge' | 'foreign_cancel' | 'amount_differs' | 'missing_at_gateway'
      channelKey: string
      /** Null: no payment of ours is concerned. */
      impUid: string | null
      orderNumber: string
      transactionId: string | null
      amountWon: number
      detail: string
      raisedAt: string
      resolvedAt: string | null
      resolvedBy: string | null
      resolution: string | null
    }
  }
}
export interface paths {
  '/session': {
    /** Sign in with e-mail and password */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          email: string
          password: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            /** Send the code with POST /session/totp. */
            needs: 'totp' | null
            session: components['schemas']['Session'] | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Who is signed in, where, and with which CSRF token */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Session']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Sign out here, or everywhere */
    delete: {
      parameters: {
        query?: {
          /** End all sessions of the operator. */
          everywhere?: boolean
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            isDone: true
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/totp': {
    /** Finish signing in with a TOTP code or a recovery code */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          /** Six digits, or a recovery code, which works once. */
          code: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            /** Send the code with POST /session/totp. */
            needs: 'totp' | null
            session: components['schemas']['Session'] | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/password': {
    /** Change the own password; ends all other sessions */
    put: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          current: string
          next: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Session']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/profile': {
    /** Change the own name or language */
    patch: {
      parameters: {}
      requestBody?: { content: {
        'application/json': {
          name?: string
          language?: 'ko' | 'en' | null
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Session']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/totp-setup': {
    /** Begin to set up TOTP: gives the secret, once */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          password: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            /** Base32, to type in by hand. */
            secret: string
            /** For a QR code. */
            otpauthUri: string
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Switch TOTP off, or give up setting it up */
    delete: {
      parameters: {
        query?: {
          /** Six digits. */
          code?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Session']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/totp-confirm': {
    /** Switch TOTP on with a first code; gives the recovery codes, once */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          /** Six digits. */
          code: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            recoveryCodes: Array<string>
            session: components['schemas']['Session']
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/recovery-codes': {
    /** Replace the recovery codes */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          password: string
          /** Six digits. */
          code: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            recoveryCodes: Array<string>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/sessions': {
    /** Where the operator is signed in */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['OpenSession']>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/sessions/{sessionId}': {
    /** End one of the own sessions */
    delete: {
      parameters: {
        path: {
          /** A UUID. */
          sessionId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            isDone: true
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/session/merchant': {
    /** Change over to another merchant of the same e-mail, with its password */
    put: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          merchantId: number
          password: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            /** Send the code with POST /session/totp. */
            needs: 'totp' | null
            session: components['schemas']['Session'] | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/overview': {
    /** Today, charts, what is to come, and what is not well */
    get: {
      parameters: {
        query?: {
          period?: 'day' | 'week' | 'month'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Overview']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments': {
    /** Payments by when they were begun */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          /** Absent: all. */
          state?: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled' | 'partly_cancelled'
          method?: 'key_in' | 'billing_key'
          mode?: 'live' | 'sandbox'
          /** imp_uid, merchant_uid, customer_uid or PAYJOA transaction: exact, or the beginning of a uid. */
          q?: string
          customerUid?: string
          channelKey?: string
          amountMin?: number
          amountMax?: number
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
          order?: 'newest' | 'oldest'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['PaymentSummary']>
            /** Null: this is the last page. */
            nextCursor: string | null
            /** The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo. */
            isPartial: boolean
            /** Up to here the rows have been looked through; null: all have been. */
            searchedTo: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/count': {
    /** How many match, up to 1,000, and their sum */
    get: {
      parameters: {
        query?: {
          /** Absent: all. */
          state?: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled' | 'partly_cancelled'
          method?: 'key_in' | 'billing_key'
          mode?: 'live' | 'sandbox'
          /** imp_uid, merchant_uid, customer_uid or PAYJOA transaction: exact, or the beginning of a uid. */
          q?: string
          customerUid?: string
          channelKey?: string
          amountMin?: number
          amountMax?: number
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            /** Counted up to 1,000; up to 10,000 of what is to be changed and of what is not well. */
            count: number
            /** False: there may be more. */
            isExact: boolean
            /** Of those that were counted. */
            amountWon: number
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/export': {
    /** All that match, as CSV for Excel, sent as it is read; its last line is #end,<rows> */
    get: {
      parameters: {
        query?: {
          /** Absent: all. */
          state?: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled' | 'partly_cancelled'
          method?: 'key_in' | 'billing_key'
          mode?: 'live' | 'sandbox'
          /** imp_uid, merchant_uid, customer_uid or PAYJOA transaction: exact, or the beginning of a uid. */
          q?: string
          customerUid?: string
          channelKey?: string
          amountMin?: number
          amountMax?: number
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
          /** Of the headings. */
          language?: 'ko' | 'en'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'text/csv': string
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}': {
    /** One payment */
    get: {
      parameters: {
        path: {
          impUid: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Payment']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}/timeline': {
    /** All that happened to a payment, oldest first */
    get: {
      parameters: {
        path: {
          impUid: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            entries: Array<components['schemas']['TimelineEntry']>
            /** False: only the first 1,000 are shown. */
            isComplete: boolean
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}/cancel': {
    /** Give money back, in whole or in part */
    post: {
      parameters: {
        path: {
          impUid: string
        }
      }
      requestBody: { content: {
        'application/json': {
          /** Absent: all that can be cancelled. */
          amountWon?: number
          taxFreeWon?: number
          /** The cancellableWon that was shown: proves that nothing changed meanwhile. */
          checksumWon: number
          reason: string
          /** Send the webhook. */
          tellMerchant?: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            /** unknown: it may have happened; never ask again for it. Refusals are errors. */
            outcome: 'cancelled' | 'unknown'
            cancelId: string
            payment: components['schemas']['Payment']
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}/resolve': {
    /** Settle an unknown payment with what PAYJOA's admin shows */
    post: {
      parameters: {
        path: {
          impUid: string
        }
      }
      requestBody: { content: {
        'application/json': {
          verdict: 'charged' | 'not_charged'
          transactionId?: string
          approvalNumber?: string
          reason: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Payment']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}/cancels/{cancelId}/resolve': {
    /** Settle an unknown cancel with what PAYJOA's admin shows */
    post: {
      parameters: {
        path: {
          impUid: string
          /** A UUID. */
          cancelId: string
        }
      }
      requestBody: { content: {
        'application/json': {
          verdict: 'cancelled' | 'not_cancelled'
          transactionId?: string
          reason: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Payment']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/payments/{impUid}/webhooks/resend': {
    /** Tell the merchant again of the newest fact about this payment */
    post: {
      parameters: {
        path: {
          impUid: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            isDone: true
            webhookId: string
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/billing-keys': {
    /** Billing keys, last issued first */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          /** Beginning of customer_uid. */
          q?: string
          channelKey?: string
          mode?: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['BillingKeySummary']>
            /** Null: this is the last page. */
            nextCursor: string | null
            /** The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo. */
            isPartial: boolean
            /** Up to here the rows have been looked through; null: all have been. */
            searchedTo: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/billing-keys/{customerUid}': {
    /** One billing key; its payments and schedules by the filters of those lists */
    get: {
      parameters: {
        path: {
          customerUid: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['BillingKey']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Delete a billing key */
    delete: {
      parameters: {
        path: {
          customerUid: string
        }
        query?: {
          /** What becomes of its schedules; absent: the merchant's setting. */
          pendingSchedules?: 'leave' | 'refuse' | 'revoke'
          reason?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            customerUid: string
            /** How many there were. */
            pendingSchedules: number
            policy: 'leave' | 'refuse' | 'revoke'
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/billing-keys/{customerUid}/test-charge': {
    /** Charge a key of a test contract; moves no money */
    post: {
      parameters: {
        path: {
          customerUid: string
        }
      }
      requestBody?: { content: {
        'application/json': {
          amountWon?: number
          name?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['PaymentSummary']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules': {
    /** Schedules by the time they are reserved for */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          state?: 'scheduled' | 'executing' | 'paid' | 'failed' | 'cancelled' | 'revoked'
          customerUid?: string
          /** merchant_uid or customer_uid: exact, or the beginning. */
          q?: string
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
          order?: 'newest' | 'oldest'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['ScheduleSummary']>
            /** Null: this is the last page. */
            nextCursor: string | null
            /** The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo. */
            isPartial: boolean
            /** Up to here the rows have been looked through; null: all have been. */
            searchedTo: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/count': {
    /** How many match, up to 1,000, and their sum */
    get: {
      parameters: {
        query?: {
          state?: 'scheduled' | 'executing' | 'paid' | 'failed' | 'cancelled' | 'revoked'
          customerUid?: string
          /** merchant_uid or customer_uid: exact, or the beginning. */
          q?: string
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            /** Counted up to 1,000; up to 10,000 of what is to be changed and of what is not well. */
            count: number
            /** False: there may be more. */
            isExact: boolean
            /** Of those that were counted. */
            amountWon: number
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/calendar': {
    /** A month, by day in Korea */
    get: {
      parameters: {
        query: {
          /** 2026-11. */
          month: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            month: string
            /** Every day of the month. */
            days: Array<{
              /** A day in Korea, yyyy-mm-dd. */
              day: string
              scheduled: {
                count: number
                amountWon: number
              }
              executing: {
                count: number
                amountWon: number
              }
              paid: {
                count: number
                amountWon: number
              }
              failed: {
                count: number
                amountWon: number
              }
              cancelled: {
                count: number
                amountWon: number
              }
              revoked: {
                count: number
                amountWon: number
              }
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/{scheduleId}': {
    /** One schedule */
    get: {
      parameters: {
        path: {
          /** A UUID. */
          scheduleId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Schedule']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/{scheduleId}/reschedule': {
    /** Another time for one that is scheduled; a new one for one that failed or was revoked */
    post: {
      parameters: {
        path: {
          /** A UUID. */
          scheduleId: string
        }
      }
      requestBody: { content: {
        'application/json': {
          dueAt: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Schedule']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/{scheduleId}/revoke': {
    /** Revoke one that is scheduled */
    post: {
      parameters: {
        path: {
          /** A UUID. */
          scheduleId: string
        }
      }
      requestBody?: { content: {
        'application/json': {
          reason?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Schedule']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/{scheduleId}/retry': {
    /** Charge one that failed or was revoked, now */
    post: {
      parameters: {
        path: {
          /** A UUID. */
          scheduleId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Schedule']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/schedules/bulk': {
    /** Do something to many, in bites: repeat with nextCursor until it is null */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          act: 'revoke' | 'reschedule' | 'retry'
          /** Only say what would be done. */
          isPreview: boolean
          scheduleIds?: Array<string>
          /** Instead of ids: all that match. */
          filter?: {
            state?: 'scheduled' | 'executing' | 'paid' | 'failed' | 'cancelled' | 'revoked'
            customerUid?: string
            /** merchant_uid or customer_uid: exact, or the beginning. */
            q?: string
            /** Inclusive. */
            from?: string
            /** Exclusive. */
            to?: string
          }
          /** Of reschedule: one time for all. */
          dueAt?: string
          /** Of reschedule: each so much. */
          shiftDays?: number
          cursor?: string
          reason?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            matched: components['schemas']['Count']
            eligible: {
              count: number
              amountWon: number
            }
            /** In this bite; 0 in a preview. */
            doneCount: number
            /** In this bite. */
            failures: Array<{
              scheduleId: string
              merchantUid: string
              code: 'not_found' | 'schedule_not_scheduled' | 'schedule_not_repeatable' | 'schedule_uid_taken' | 'schedule_in_past' | 'charge_failed' | 'charge_unknown' | 'internal_error'
              message: string
            }>
            /** The first 20 it applies to. */
            sample: Array<components['schemas']['ScheduleSummary']>
            /** Null: nothing is left. Always null in a preview. */
            nextCursor: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/queue': {
    /** What waits behind each channel's rate, and when it will be through */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            asOf: string
            channels: Array<{
              channelKey: string
              name: string
              pgId: string
              rateCapPerSecond: number | null
              due: components['schemas']['Count']
              executing: number
              oldestDueAt: string | null
              /** Null: nothing waits, or its gateway is down. */
              throughAt: string | null
              gateway: {
                state: 'answers' | 'down'
                downSince: string | null
                reason: string | null
                nextProbeAt: string | null
              }
            }>
            /** Due, but their billing key is gone. */
            keylessCount: number
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints': {
    /** The endpoint of each mode */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['WebhookEndpoint']>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}': {
    /** Set where webhooks of a mode go; ends a pause */
    put: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody: { content: {
        'application/json': {
          url: string
          format: 'json' | 'form'
          sendsFailures: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            endpoint: components['schemas']['WebhookEndpoint']
            /** Events that had waited and are due now. */
            releasedCount: number
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Tell nobody of payments of a mode any more but their notice_url; what waits is held */
    delete: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            endpoint: components['schemas']['WebhookEndpoint']
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}/reveal-secret': {
    /** Show what the receiver verifies with, newest first; audited */
    post: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            secrets: Array<string>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}/rotate-secret': {
    /** Make a new secret; both sign until the old one is dropped */
    post: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            secret: string
            endpoint: components['schemas']['WebhookEndpoint']
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}/drop-old-secret': {
    /** Let the older secret sign no more */
    post: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['WebhookEndpoint']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}/resume': {
    /** End a pause; what was held is due now */
    post: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            endpoint: components['schemas']['WebhookEndpoint']
            releasedCount: number
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/endpoints/{mode}/test': {
    /** Send V1's test event to the saved address and show the answer */
    post: {
      parameters: {
        path: {
          mode: 'live' | 'sandbox'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            url: string
            /** It answered 2xx. */
            isTaken: boolean
            httpStatus: number | null
            responseBody: string | null
            error: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/deliveries': {
    /** Events, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          state?: 'pending' | 'held' | 'delivered' | 'given_up'
          status?: 'ready' | 'paid' | 'failed' | 'cancelled'
          mode?: 'live' | 'sandbox'
          impUid?: string
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['WebhookDelivery']>
            /** Null: this is the last page. */
            nextCursor: string | null
            /** The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo. */
            isPartial: boolean
            /** Up to here the rows have been looked through; null: all have been. */
            searchedTo: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/deliveries/{webhookId}': {
    /** One event with all attempts and their bodies */
    get: {
      parameters: {
        path: {
          /** A UUID. */
          webhookId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            delivery: components['schemas']['WebhookDelivery']
            attempts: Array<{
              attempt: number
              url: string | null
              requestBody: string | null
              httpStatus: number | null
              /** Its first 2 KB. */
              responseBody: string | null
              error: string | null
              startedAt: string
              /** Null: no end was recorded. */
              durationMs: number | null
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/deliveries/{webhookId}/replay': {
    /** Send an event again, whatever became of it */
    post: {
      parameters: {
        path: {
          /** A UUID. */
          webhookId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            isDone: true
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/webhooks/replay': {
    /** Send many again, in bites: repeat with nextCursor until it is null */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          /** Only count. */
          isPreview: boolean
          /** Of events that were delivered or given up. */
          filter: {
            state?: 'pending' | 'held' | 'delivered' | 'given_up'
            status?: 'ready' | 'paid' | 'failed' | 'cancelled'
            mode?: 'live' | 'sandbox'
            impUid?: string
            /** Inclusive. */
            from?: string
            /** Exclusive. */
            to?: string
          }
          cursor?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            matched: components['schemas']['Count']
            /** In this bite; 0 in a preview. */
            doneCount: number
            nextCursor: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels': {
    /** All channels, disabled ones too, oldest first */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['Channel']>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Set up a contract */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          pgId: string
          linkKey: string
          mode: 'live' | 'sandbox'
          name?: string
          baseUrl?: string
          cardRoute?: 'D' | 'K'
          productType?: 'digital' | 'physical'
          taxMode?: 'taxable' | 'exempt' | 'per_payment'
          allowsKeyInPlain?: boolean
          allowsKeyInVerified?: boolean
          allowsBilling?: boolean
          unmappable?: 'substitute' | 'reject'
          instalments?: {
            /** Empty: a lump sum only. Null: the usual, 2 to 12. */
            others: Array<number> | null
            /** Companies with months of their own, by KFTC code. */
            byCompany: Array<{
              cardCode: string
              months: Array<number>
            }>
          }
          rateCapPerSecond?: number | null
          totalRateCapPerSecond?: number | null
          lateApprovals?: 'keep' | 'cancel'
          reportPassword?: string
          reportBaseUrl?: string
          makeDefault?: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Channel']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channel-options': {
    /** What the set-up wizard offers, and its defaults */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            defaults: Array<{
              mode: 'live' | 'sandbox'
              baseUrl: string
              reportBaseUrl: string
              rateCapPerSecond: number | null
              totalRateCapPerSecond: number | null
            }>
            cardCompanies: Array<{
              cardCode: string
              name: string
            }>
            instalmentMonths: Array<number>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels/{channelKey}': {
    /** Change what may be changed of a contract; what is left out stays */
    patch: {
      parameters: {
        path: {
          channelKey: string
        }
      }
      requestBody?: { content: {
        'application/json': {
          name?: string
          linkKey?: string
          unmappable?: 'substitute' | 'reject'
          instalments?: {
            /** Empty: a lump sum only. Null: the usual, 2 to 12. */
            others: Array<number> | null
            /** Companies with months of their own, by KFTC code. */
            byCompany: Array<{
              cardCode: string
              months: Array<number>
            }>
          }
          rateCapPerSecond?: number | null
          totalRateCapPerSecond?: number | null
          lateApprovals?: 'keep' | 'cancel'
          reportPassword?: string
          reportBaseUrl?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Channel']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels/{channelKey}/test': {
    /** Try every method of the contract at the ready step; moves no money */
    post: {
      parameters: {
        path: {
          channelKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            isReady: boolean
            methods: Array<{
              /** PAYMETHOD: CARD-SUGI, CARD-BATCH … */
              method: string
              isReady: boolean
              /** Why not, in one word: `connect`, `ready_refused` … */
              cause: string | null
              /** PAYJOA's RESULTCODE. */
              code: string | null
              /** PAYJOA's words, or billkey's own. */
              message: string | null
              httpStatus: number | null
              durationMs: number | null
              url: string | null
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels/{channelKey}/default': {
    /** Make it the channel of requests that name none */
    post: {
      parameters: {
        path: {
          channelKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Channel']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels/{channelKey}/disable': {
    /** Take no more money on it; cancels still work */
    post: {
      parameters: {
        path: {
          channelKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Channel']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/channels/{channelKey}/retry-gateway': {
    /** Take a gateway that is down for answering again, without waiting for the probe */
    post: {
      parameters: {
        path: {
          channelKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Channel']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/reports': {
    /** Daily files of all channels that have a report password, newest day first */
    get: {
      parameters: {
        query?: {
          channelKey?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            /** Of the last 400 days of each channel. */
            items: Array<{
              channelKey: string
              channelName: string
              pgId: string
              /** A day in Korea, yyyy-mm-dd. */
              day: string
              state: 'fetched' | 'failed' | 'fetching'
              attemptedAt: string
              /** Of the last file that could be had. */
              fetchedAt: string | null
              failure: string | null
              approvals: number
              cancels: number
              unreadableLines: number
              /** What our books have and the file lacks. */
              missing: {
                keyIn: number
                billingKey: number
                cancels: number
              }
            }>
            hasReportingChannel: boolean
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/reports/{day}/fetch': {
    /** Fetch the files of a day now and hold them against the books */
    post: {
      parameters: {
        path: {
          /** A day in Korea, yyyy-mm-dd. */
          day: string
        }
      }
      requestBody?: { content: {
        'application/json': {
          channelKey?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            results: Array<{
              channelKey: string
              pgId: string
              isRead: boolean
              /** Why it was not read; null too when a worker is reading it. */
              failure: string | null
              approvals: number
              cancels: number
              unreadableLines: number
              missingCount: number
              /** Unknown payments and cancels it ended. */
              settledCount: number
              /** Discrepancies it raised. */
              raisedCount: number
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/discrepancies': {
    /** Where the books and PAYJOA disagree, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          state?: 'open' | 'all'
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['Discrepancy']>
            /** Null: this is the last page. */
            nextCursor: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/discrepancies/{discrepancyId}': {
    /** One of them */
    get: {
      parameters: {
        path: {
          /** A UUID. */
          discrepancyId: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Discrepancy']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/discrepancies/{discrepancyId}/resolve': {
    /** Say what was done about it */
    post: {
      parameters: {
        path: {
          /** A UUID. */
          discrepancyId: string
        }
      }
      requestBody: { content: {
        'application/json': {
          resolution: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Discrepancy']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/api-keys': {
    /** API keys, revoked ones too, oldest first */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['ApiKey']>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Make an API key */
    post: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            impKey: string
            /** Shown once; only its hash is kept. */
            impSecret: string
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/api-keys/{impKey}/rotate': {
    /** Give a key a new secret; the old secret and its token end */
    post: {
      parameters: {
        path: {
          impKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            impKey: string
            /** Shown once; only its hash is kept. */
            impSecret: string
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/api-keys/{impKey}': {
    /** Revoke a key; its token ends within five seconds */
    delete: {
      parameters: {
        path: {
          impKey: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['ApiKey']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/requests': {
    /** The log of V1 requests, newest first, a second or two old; poll with `after` */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** For older ones. */
          cursor?: string
          /** newestCursor of before: only newer ones, and again those of the minute before it, since lines are written late; told apart by requestId. */
          after?: string
          result?: 'succeeded' | 'refused' | 'failed'
          impUid?: string
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['Request']>
            /** Null: this is the last page. */
            nextCursor: string | null
            /** The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo. */
            isPartial: boolean
            /** Up to here the rows have been looked through; null: all have been. */
            searchedTo: string | null
            /** For `after`; null: nothing was ever logged. */
            newestCursor: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/test-cards': {
    /** Cards of the simulator and what they do; only in a sandbox */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<{
              cardNumber: string
              /** A stable name, to translate by. */
              key: string
              /** What it does, in English. */
              effect: string
              outcome: 'approved' | 'declined' | 'unsent' | 'unknown' | 'late' | 'varies'
              resultCode: string | null
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/guide': {
    /** The guide's commands with this merchant's values */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            apiUrl: string
            /** A live key; null: there is none yet. */
            impKey: string | null
            steps: Array<{
              key: 'token' | 'onetime' | 'billing_key' | 'onetime_with_key' | 'again' | 'schedule'
              method: string
              path: string
              /** The JSON that is sent. */
              body: unknown
              /** For a shell; $TOKEN stands for the access token. */
              command: string
            }>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/clock': {
    /** The merchant's clock */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Clock']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/clock/freeze': {
    /** Stop the clock, now or at a later instant */
    post: {
      parameters: {}
      requestBody?: { content: {
        'application/json': {
          at?: string
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Clock']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/clock/advance': {
    /** Move the stopped clock; what falls due on the way is run in order */
    post: {
      parameters: {}
      requestBody?: { content: {
        'application/json': {
          days?: number
          hours?: number
          to?: string
          toNextEvent?: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Clock']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/clock/release': {
    /** Let real time run again */
    post: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Clock']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/audit': {
    /** Who did what, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number
          /** nextCursor of the page before. */
          cursor?: string
          /** Exact, or its beginning. */
          actor?: string
          /** Exact, or its beginning. */
          action?: string
          /** Exact. */
          subject?: string
          /** Inclusive. */
          from?: string
          /** Exclusive. */
          to?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['AuditEvent']>
            /** Null: this is the last page. */
            nextCursor: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/audit/verify': {
    /** Go through a part of the chain of all events and say whether any was changed or is missing; go on with nextCursor */
    get: {
      parameters: {
        query?: {
          cursor?: string
        }
      }
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            /** Nothing was found in this part. Only the last one can miss events at the end. */
            isIntact: boolean
            /** Events gone through in this part. */
            eventCount: number
            /** Number of the newest event, to show progress. */
            length: number
            /** Where the next part begins; null: this was the last one. */
            nextCursor: string | null
            /** The newest event that a signature covers; 0: none. */
            signedUpTo: number
            /** What must not be, the first 100 of this part; the first is where to look. */
            findings: Array<{
              /** Of the event; 0: the trail as a whole. */
              sequence: number
              message: string
            }>
            /** The last event of this part. */
            headSequence: number
            /** Its hash in hex. Kept elsewhere, it proves that nothing before it was changed. */
            headHash: string
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/settings': {
    /** The merchant's settings */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': components['schemas']['Settings']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Change settings; what is left out stays */
    patch: {
      parameters: {}
      requestBody?: { content: {
        'application/json': {
          merchantName?: string
          pendingSchedulesOnDelete?: 'leave' | 'refuse' | 'revoke'
          requireTotp?: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': components['schemas']['Settings']
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/operators': {
    /** Everybody who may sign in, disabled ones too */
    get: {
      parameters: {}
      requestBody?: never
      responses: {
        200: { content: {
          'application/json': {
            items: Array<components['schemas']['Operator']>
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
    /** Add an operator; gives a password for the first sign-in */
    post: {
      parameters: {}
      requestBody: { content: {
        'application/json': {
          email: string
          name: string
          role: 'owner' | 'operator' | 'viewer'
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            operator: components['schemas']['Operator']
            /** To sign in with once; shown once. */
            password: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
  '/operators/{operatorId}': {
    /** Change a role, disable or enable, reset password or TOTP; ends the sessions */
    patch: {
      parameters: {
        path: {
          /** A UUID. */
          operatorId: string
        }
      }
      requestBody?: { content: {
        'application/json': {
          name?: string
          role?: 'owner' | 'operator' | 'viewer'
          isDisabled?: boolean
          resetPassword?: boolean
          resetTotp?: boolean
        }
      } }
      responses: {
        200: { content: {
          'application/json': {
            operator: components['schemas']['Operator']
            /** To sign in with once; shown once. */
            password: string | null
          }
        } }
        default: { content: {
          'application/json': components['schemas']['Error']
        } }
      }
    }
  }
}
