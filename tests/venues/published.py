"""Answers that venues and other projects' tests have published, restated: of each what an importer reads, and no more.

The name of each is that of the case in `tests/cases/` which has its source and its figures. By JSON pointer into the answers that
`completions.py` makes of the case's account: an object's members stand in place of those of the record there, anything else
stands there itself.
"""

from collections.abc import Mapping
from typing import Any

Published = Mapping[str, Any]

AGREEING: Mapping[str, Published] = {
    # ------------------------------------------------------------ Binance
    "bn-coinm-doc-position-pnl": {
        "/positionRisk/0": {
            "symbol": "BTCUSD_201225",
            "positionAmt": "1",
            "positionSide": "LONG",
            "entryPrice": "11707.70000003",
            "markPrice": "11788.66626667",
            "unRealizedProfit": "0.00005866",
            "leverage": "125",
            # A tenth of what the profit beside it shows.
            "notionalValue": "0.00084827",
        }
    },
    "bn-btc-hedge-long-with-order": {
        "/positionRisk/0": {
            "symbol": "BTCUSDT",
            "positionSide": "LONG",
            "positionAmt": "0.290",
            "entryPrice": "94361.84137932",
            "markPrice": "95183.00000000",
            "unRealizedProfit": "238.13599999",
            "notional": "27603.07000000",
            "maintMargin": "110.41228000",
            "positionInitialMargin": "2760.30700000",
            "openOrderInitialMargin": "80",
        },
        # The initial margin tells it.
        "/symbolConfig/0": {"leverage": None},
    },
    "bn-sndk-hedge-long": {
        "/positionRisk/0": {
            "symbol": "SNDKUSDT",
            "positionSide": "LONG",
            "positionAmt": "0.03",
            "entryPrice": "1314.94",
            "markPrice": "1304.88780710",
            "unRealizedProfit": "-0.30156578",
            "notional": "39.14663421",
            "maintMargin": "0.25445312",
        }
    },
    "bn-usdt-asset-isolated-only": {
        "/account/assets/0": {
            "asset": "USDT",
            "walletBalance": "50.25799394",
            "crossWalletBalance": "36.63621669",
            "openOrderInitialMargin": "0",
        }
    },
    # ------------------------------------------------------------ Bitget
    "bg-iso-long-doc": {
        "/positions/0": {
            "symbol": "BTCUSDT",
            "marginSize": "9.6695050093373343",
            "openPriceAvg": "25000",
            "leverage": "20",
            "total": "0.01",
            "unrealizedPL": "1",
            "keepMarginRate": "0.004",
            "markPrice": "25100",
        }
    },
    "bg-xrp-cross-long": {"/positions/0": {"marginSize": "0.67098", "unrealizedPL": "0.0009"}},
    # ------------------------------------------------------------ BitMEX
    "bmx-ethusdt-isolated-long": {
        "/position/0": {
            "symbol": "ETHUSDT",
            "commission": "0.00075",
            "initMarginReq": "0.333333333333333",
            "maintMarginReq": "0.01",
            "leverage": "3",
            "currentQty": "2000",
            "avgEntryPrice": "1963",
            "posCost": "39260000",
            "posInit": "13086667",
            "posComm": "39261",
            "posMargin": "13125928",
            "posMaint": "435787",
            "maintMargin": "13149828",
            "unrealisedPnl": "23900",
            "markPrice": "1964.195",
            "markValue": "39283900",
        }
    },
    "bmx-xbtusd-cross-long": {
        "/position/0": {
            "symbol": "XBTUSD",
            "currentQty": "898",
            "avgEntryPrice": "11434",
            "posCost": "-7853908",
            "posInit": "78540",
            "posComm": "5954",
            "posMargin": "88984",
            "posMaint": "46009",
            "maintMargin": "84494",
            "unrealisedPnl": "-4490",
            "markPrice": "11426.99",
            "markValue": "-7858398",
        }
    },
    "bmx-xbtusd-cross-short": {
        "/position/0": {
            "symbol": "XBTUSD",
            "maintMarginReq": "0.005",
            "initMarginReq": "0.01",
            "leverage": "100",
            "currentQty": "-400",
            "avgEntryPrice": "11405.1095",
            "posCost": "3507064",
            "posInit": "35071",
            "posComm": "2657",
            "posMargin": "37728",
            "posMaint": "20193",
            "maintMargin": "40264",
            "initMargin": "384420",
            "unrealisedPnl": "2536",
            "markPrice": "11397.7",
            "markValue": "3509600",
        },
        # What the orders are is not known; that there are some, `initMargin` shows.
        "/order": [{"symbol": "XBTUSD", "side": "Sell", "leavesQty": "4300", "price": "11400"}],
    },
    # ------------------------------------------------------------ Bybit
    "by-ada-uta-hedge-long": {
        "/positionList/list/0": {
            "symbol": "ADAUSDT",
            "side": "Buy",
            "size": "18720",
            "avgPrice": "0.41160027",
            "leverage": "75",
            "positionValue": "7705.157",
            "markPrice": "0.41",
            "positionIM": "106.51735757",
            "positionMM": "61.74535757",
            "unrealisedPnl": "-29.957",
            "riskLimitValue": "200000",
        },
        # The position prints where its tier ends.
        "/riskLimit/list/0": {"riskLimitValue": "200000"},
    },
    "by-btcusd-inverse-short-pnl": {
        "/positionList/list/0": {
            "symbol": "BTCUSD",
            "side": "Sell",
            "size": "300",
            "avgPrice": "27464.50441675",
            "markPrice": "28224.50",
            "positionValue": "0.01092319",
            "unrealisedPnl": "-0.00029413",
        }
    },
    "by-uta-wallet-doc-a": {"/walletBalance/result/list/0": {"totalWalletBalance": "12840.4045924"}},
    # Of this answer the totals are all that is known, and the importer works them out itself.
    "by-uta-wallet-doc-c": {},
    "by-uta-wallet-real": {
        "/walletBalance/result/list/0": {"totalWalletBalance": "840.11430712"},
        "/walletBalance/result/list/0/coin/0": {
            "coin": "USDT",
            "equity": "1001.44207561",
            "usdValue": "1001.52819962",
            "walletBalance": "1000.05007561",
            "totalOrderIM": "2.55573119",
            "totalPositionIM": "1.11999668",
            "unrealisedPnl": "1.392",
        },
        # What is behind the margins: a position at leverage 10 with that margin and profit, and an order with the rest.
        "/positionList/list/0": {"avgPrice": "9.8079668", "markPrice": "11.1999668", "positionIM": "1.11999668"},
        "/openOrders": {
            "list": [{"symbol": "A-USDT", "side": "Buy", "qty": "10", "price": "2.55573119", "orderStatus": "New"}]
        },
    },
    "by-xrp-doc-long": {
        "/positionList/list/0": {
            "symbol": "XRPUSDT",
            "side": "Buy",
            "size": "75",
            "avgPrice": "0.3615",
            "leverage": "10",
            "positionValue": "27.1125",
            "markPrice": "0.3374",
            "unrealisedPnl": "-1.8075",
        }
    },
    # ------------------------------------------------------------ Deribit
    "db-btc-perp-50": {
        "/positions/0": {
            "size": "50",
            "size_currency": "0.006687487",
            "average_price": "7440.18",
            "mark_price": "7476.65",
            "initial_margin": "0.000197283",
            "maintenance_margin": "0.000143783",
            # Printed as `total_profit_loss`: the position was opened after the last settlement.
            "floating_profit_loss": "0.000032781",
        }
    },
    # The initial margin is the haircut of 2 % on the equity in USDT; what the total in USD is below that is a debt in a currency
    # that the message does not show.
    "db-cross-sm-usdt": {
        "/account_summaries": {
            "summaries": [
                {
                    "currency": "USDT",
                    "margin_model": "cross_sm",
                    "balance": "55.00055",
                    "futures_session_upl": "0",
                    "futures_session_rpl": "0",
                    "equity": "55.00055",
                    "margin_balance": "54.968258",
                },
                {
                    "currency": "USDC",
                    "margin_model": "cross_sm",
                    "balance": "-0.032266495",
                    "futures_session_upl": "0",
                    "futures_session_rpl": "0",
                },
            ]
        },
        "/positions": [],
        "/index_prices": {"USDC": "1"},
        "/collateral_rates": {"USDT": "0.98", "USDC": "1"},
    },
    # The part of the profit that was settled is in the balance: the case of this name has all of it.
    "db-eth-perp-real-session": {
        "/positions/0": {
            "instrument_name": "ETH-PERPETUAL",
            "size": "1",
            "size_currency": "0.000509344",
            "average_price": "2074.25",
            "mark_price": "1963.31",
            "settlement_price": "2090.99",
            "index_price": "1963.1",
            "initial_margin": "0.000010187",
            "maintenance_margin": "0.000005093",
            "floating_profit_loss": "-0.000031102",
        }
    },
    # ------------------------------------------------------------ Gate
    "gt-account-available": {
        "/accounts/0": {
            "total": "9707.803567115145",
            "available": "9669.091377934145",
            "position_margin": "38.712189181",
            "order_margin": "0",
            "unrealised_pnl": "3371.248828",
        }
    },
    # ------------------------------------------------------------ Hyperliquid
    "payload: BTC long cross 24x, nothing withdrawable": {
        "/clearinghouseState": {"crossMaintenanceMarginUsed": "4.64958"},
        "/clearinghouseState/assetPositions/0/position": {
            "coin": "BTC",
            "entryPx": "92499.0",
            "marginUsed": "15.4986",
            "maxLeverage": "40",
            "positionValue": "371.9664",
            "szi": "0.00416",
            "unrealizedPnl": "-12.82944",
        },
        "/clearinghouseState/assetPositions/0/position/leverage": {"type": "cross", "value": "24"},
        "/clearinghouseState/crossMarginSummary": {
            "accountValue": "17.013125",
            "totalMarginUsed": "15.4986",
            "totalNtlPos": "371.9664",
            "totalRawUsd": "-354.953275",
        },
    },
    "payload: HYPE short isolated 10x": {
        "/clearinghouseState": {
            "marginSummary": {
                "accountValue": "76.206517",
                "totalMarginUsed": "18.564417",
                "totalNtlPos": "192.58",
                "totalRawUsd": "268.786517",
            },
            "crossMaintenanceMarginUsed": "0.0",
        },
        "/clearinghouseState/assetPositions/0/position": {
            "coin": "HYPE",
            "entryPx": "47.9932",
            "marginUsed": "18.564417",
            "maxLeverage": "10",
            "positionValue": "192.58",
            "szi": "-4.0",
            "unrealizedPnl": "-0.6071",
        },
        "/clearinghouseState/assetPositions/0/position/leverage": {
            "type": "isolated",
            "value": "10",
            "rawUsd": "211.144417",
        },
        "/clearinghouseState/crossMarginSummary": {
            "accountValue": "57.6421",
            "totalNtlPos": "0.0",
            "totalRawUsd": "57.6421",
        },
    },
    # Only its first two orders are known, and the summary of all positions, which are cross.
    "payload: whale ETH 15x and XRP 10x cross, upper tiers": {
        "/clearinghouseState/assetPositions/0/position": {
            "coin": "ETH",
            "entryPx": "3201.03",
            "marginUsed": "10499760.9304799996",
            "maxLeverage": "15",
            "positionValue": "157496413.9572100043",
            "szi": "52353.9587",
            "unrealizedPnl": "-10090518.7028960008",
        },
        "/clearinghouseState/assetPositions/0/position/leverage": {"type": "cross", "value": "15"},
        "/clearinghouseState/assetPositions/1/position": {
            "coin": "XRP",
            "entryPx": "2.292413",
            "marginUsed": "8509790.1583600007",
            "maxLeverage": "10",
            "positionValue": "85097901.5835999995",
            "szi": "38829121.0",
            "unrealizedPnl": "-3914502.250852",
        },
        "/clearinghouseState/assetPositions/1/position/leverage": {"type": "cross", "value": "10"},
        "/clearinghouseState/crossMarginSummary": {
            "accountValue": "40522414.6792389974",
            "totalMarginUsed": "19009551.0888400003",
            "totalNtlPos": "242594315.540809989",
            "totalRawUsd": "-202071900.8615710139",
        },
        "/openOrders": [
            {"coin": "ETH", "side": "A", "limitPx": "3778.0", "sz": "22000.0", "isTrigger": False, "reduceOnly": False},
            {
                "coin": "XRP",
                "side": "A",
                "limitPx": "3.178",
                "sz": "6593604.0",
                "isTrigger": False,
                "reduceOnly": False,
            },
        ],
    },
    # ------------------------------------------------------------ Kraken
    "kr-fi-xbtusd-pv": {
        "/accounts/accounts/fi_xbtusd/balances": {"xbt": "141.31756797"},
        "/accounts/accounts/fi_xbtusd/auxiliary": {"pv": "153.73891563", "pnl": "12.42134766"},
        "/accounts/accounts/fi_xbtusd/marginRequirements": {"mm": "23.76"},
    },
    # ------------------------------------------------------------ KuCoin
    # Published of the largest order: a position of that size, at that price.
    "ku-cross-risk-limit-eth": {
        "/positions/0": {
            "symbol": "ETHUSDTM",
            "currentQty": "38003",
            "markPrice": "2556.4",
            "markValue": "971508.6920000000",
            "leverage": "100.00",
        }
    },
    "ku-cross-risk-limit-xbt": {
        "/positions/0": {
            "symbol": "XBTUSDTM",
            "currentQty": "12102",
            "markPrice": "102012",
            "markValue": "1234549.2240000000",
            "leverage": "125.00",
        }
    },
    "ku-eth-4182": {
        "/positions/0": {
            "avgEntryPrice": "4182.10",
            "posCost": "83.642",
            "posComm": "0.05236717",
            "unrealisedPnl": "0.8582",
            "posInit": "3.63660870",
            "posMargin": "3.68897586",
            "posMaint": "0.50637594",
            "maintMargin": "4.54717586",
            "markPrice": "4225.01",
        }
    },
    "ku-xbt-40008": {
        "/positions/0": {
            "avgEntryPrice": "40008",
            "posCost": "40.008",
            "unrealisedPnl": "0.00693",
            "posInit": "8.0016",
            "posComm": "0.02880576",
            "posMargin": "8.03040576",
            "posMaint": "0.23284656",
            "maintMargin": "8.03733576",
            "markPrice": "40014.93",
        }
    },
    "ku-xbt-43388": {
        "/positions/0": {
            "avgEntryPrice": "43388",
            "posCost": "43.388",
            "posCross": "0.000024985",
            "posComm": "0.02733446",
            "unrealisedPnl": "0.14865",
            "posInit": "2.1694",
            "posMargin": "2.19675944",
            "posMaint": "0.24861326",
            "maintMargin": "2.34540944",
            "markPrice": "43536.65",
        }
    },
    "ku-xbt-67430-b": {
        "/positions/0": {
            "avgEntryPrice": "67430.9",
            "posCost": "67.4309",
            "posInit": "22.2769666644",
            "posCross": "0.06225152",
            "posComm": "0.0539821899",
            "posLoss": "0.26210915",
            "unrealisedPnl": "0.89216",
            "posMargin": "22.1310912243",
            "posMaint": "0.4046228699",
            "maintMargin": "23.0232512243",
            "markPrice": "68323.06",
        }
    },
    "ku-xbt-91694": {
        "/positions/0": {
            "avgEntryPrice": "91694.5",
            "posCost": "91.6945",
            "posComm": "0.06602004",
            "unrealisedPnl": "0.14529",
            "posInit": "18.3389",
            "posMargin": "18.40492004",
            "posMaint": "0.5634627025",
            "maintMargin": "18.55021004",
            "markPrice": "91839.79",
        }
    },
    "ku-xbt-97302": {
        "/positions/0": {
            "avgEntryPrice": "97302",
            "posCost": "97.302",
            "posInit": "32.4339999967",
            "posCross": "20.9874",
            "posComm": "0.0904415999",
            "unrealisedPnl": "-0.36202",
            "posMargin": "53.5118415966",
            "posMaint": "0.4796495999",
            "maintMargin": "53.1498215966",
            "markPrice": "96939.98",
        }
    },
    "ku-xbtusdm-short": {"/positions/0": {"posMaint": "0.00001724"}},
    # ------------------------------------------------------------ OKX
    "okx-account-2024-01-17": {"/balance/0": {"adjEq": "55415.624719833286"}},
    "okx-multi-ccy-discount": {
        "/balance/0": {"adjEq": "152648.60323464675"},
        "/balance/0/details/0": {"ccy": "BTC", "eqUsd": "125184.76204432153", "disEq": "122681.0668034351"},
        "/balance/0/details/1": {"ccy": "ETH", "eqUsd": "14972.75", "disEq": "14673.295000000002"},
        "/balance/0/details/2": {"ccy": "OKB", "eqUsd": "4980.299999999999", "disEq": "4482.2699999999995"},
        "/balance/0/details/3": {"ccy": "UNI", "eqUsd": "4442.5", "disEq": "3776.125"},
        "/balance/0/details/4": {"ccy": "USDC", "eqUsd": "2973.2236479000003", "disEq": "2913.7591749420003"},
        "/balance/0/details/5": {"ccy": "TRX", "eqUsd": "2970", "disEq": "2524.5"},
        "/balance/0/details/6": {"ccy": "LTC", "eqUsd": "996.8136762", "disEq": "946.97299239"},
        "/balance/0/details/7": {"ccy": "ADA", "eqUsd": "747.91", "disEq": "673.1189999999999"},
        "/balance/0/details/8": {"ccy": "USDT", "eqUsd": "0.00025882964348", "disEq": "0.00025882964348"},
    },
}
"""Those of which everything agrees."""

REFUSED: Mapping[str, Published] = {
    # The answer of a request that the importer does not read.
    "ku-uta-overview": {},
    # Standard margin of options is out of the policy.
    "db-account-btc": {
        "/account_summaries/summaries/0": {
            "currency": "BTC",
            "balance": "302.60065765",
            "futures_session_upl": "0.05921555",
            "futures_session_rpl": "-0.03258105",
            "options_value": "-0.0086",
            "equity": "302.61869214",
            "margin_balance": "302.62729214",
        }
    },
    # The mark price was edited: profit, maintenance margin and ratio are of another.
    "okx-ethusd-inverse-iso-long": {
        "/positions/0": {
            "instId": "ETH-USD-210430",
            "pos": "1",
            "avgPx": "2566.31",
            "markPx": "2353.849",
            "lever": "10",
            "margin": "0.0003896645377994",
            "mmr": "0.0000311811092368",
            "upl": "-0.0000009932766034",
        }
    },
}
"""Those that an importer must refuse."""
