"""The headers departments write, per layout: contract column to header, in the order of the file.

A test holds every header against the contracts' names and aliases.
"""

from __future__ import annotations

from example_region.words import listed

Layout = dict[str, str]

REGISTRATION: Layout = {
    "principal_id": "主体身份代码",
    "enterprise_name": "企业名称",
    "uscc": "统一社会信用代码",
    "registration_number": "注册号",
    "organisation_code": "组织机构代码",
    "enterprise_type": "企业类型",
    "legal_representative": "法定代表人",
    "registered_capital_amount": "注册资本",
    "registered_capital_currency": "注册资本币种",
    "establishment_date": "成立日期",
    "approval_date": "核准日期",
    "registration_status": "登记状态",
    "status_date": "状态日期",
    "business_scope": "经营范围",
    "registration_authority": "登记机关",
    "province": "省份",
    "city": "城市",
    "county": "区县",
    "address": "住所",
    "website": "网址",
    "parent_uscc": "隶属企业统一社会信用代码",
    "source_updated_at": "数据更新时间",
}
CHANGE: Layout = {
    "enterprise_name": "企业名称",
    "uscc": "统一社会信用代码",
    "registration_number": "注册号",
    "change_item": "变更事项",
    "before_content": "变更前内容",
    "after_content": "变更后内容",
    "change_date": "变更日期",
    "registration_authority": "登记机关",
    "source_updated_at": "数据更新时间",
}
_LICENCE_COLUMNS = listed(
    "counterpart_name counterpart_category uscc registration_number organisation_code legal_representative ",
    "decision_document_name decision_number licence_category certificate_name licence_number",
    "licence_content decision_date",
    "valid_from_date valid_to_date authority_name authority_uscc licence_state source_unit_name",
    "source_unit_uscc remark",
    "source_updated_at",
)
LICENCE_2018: Layout = dict(
    zip(
        _LICENCE_COLUMNS,
        listed(
            "行政相对人名称 行政相对人类别 行政相对人代码_1(统一社会信用代码) 行政相对人代码_2(工商注册号) ",
            "行政相对人代码_3(组织机构代码) 法定代表人 行政许可决定文书名称 行政许可决定文书号 许可类别",
            "许可证书名称 许可编号 许可内容",
            "许可决定日期 有效期自 有效期至 许可机关 许可机关统一社会信用代码 当前状态 数据来源单位",
            "数据来源单位统一社会信用代码 备注",
            "数据更新时间",
        ),
        strict=True,
    )
)
LICENCE_CODES: Layout = dict(
    zip(
        _LICENCE_COLUMNS,
        listed(
            "XK_XDR_MC XK_XDR_LB XK_XDR_SHXYM XK_XDR_GSZC XK_XDR_ZZJG XK_FRDB XK_XKWS XK_WSH XK_XKLB XK_XKZS",
            "XK_XKBH XK_NR",
            "XK_JDRQ XK_YXQZ XK_YXQZI XK_XKJG XK_XKJGDM XK_ZT XK_LYDW XK_LYDWDM BZ SJC",
        ),
        strict=True,
    )
)
_PENALTY_COLUMNS = listed(
    "counterpart_name counterpart_category uscc registration_number organisation_code",
    "legal_representative decision_number",
    "violation_type violation_facts penalty_basis penalty_category penalty_content fine_amount_yuan",
    "confiscated_amount_yuan",
    "suspended_certificate decision_date penalty_valid_until_date publicity_end_date authority_name",
    "authority_uscc",
    "source_unit_name source_unit_uscc record_state remark source_updated_at",
)
PENALTY_2018: Layout = dict(
    zip(
        _PENALTY_COLUMNS,
        listed(
            "行政相对人名称 行政相对人类别 行政相对人代码_1（统一社会信用代码） 行政相对人代码_2（工商注册号） ",
            "行政相对人代码_3（组织机构代码） 法定代表人 行政处罚决定书文号 违法行为类型 违法事实 处罚依据",
            "处罚类别 处罚内容",
            "罚款金额（万元） 没收违法所得、没收非法财物的金额（万元） 暂扣或吊销证照名称及编号 处罚决定日期",
            "处罚有效期 公示截止期 处罚机关",
            "处罚机关统一社会信用代码 数据来源单位 数据来源单位统一社会信用代码 当前状态 备注 数据更新时间戳",
        ),
        strict=True,
    )
)
PENALTY_CODES: Layout = dict(
    zip(
        _PENALTY_COLUMNS,
        listed(
            "CF_XDR_MC CF_XDR_LB CF_XDR_SHXYM CF_XDR_GSZC CF_XDR_ZZJG CF_FRDB CF_WSH CF_WFXW CF_SY CF_YJ",
            "CF_CFLB CF_NR CF_NR_FK",
            "CF_NR_WFFF CF_NR_ZKDX CF_JDRQ CF_YXQ CF_GSJZQ CF_CFJG CF_CFJGDM CF_SJLY CF_SJLYDM CF_ZT BZ SJC",
        ),
        strict=True,
    )
)
# The 2016 layout numbers the codes differently: _2 is the organisation code here and the registration number in 2018.
PENALTY_2016: Layout = {
    "decision_number": "行政处罚决定书文号",
    "case_name": "处罚名称",
    "penalty_category": "处罚类别1",
    "violation_facts": "处罚事由",
    "penalty_basis": "处罚依据",
    "counterpart_name": "行政相对人名称",
    "uscc": "行政相对人代码_1(统一社会信用代码)",
    "organisation_code": "行政相对人代码_2(组织机构代码)",
    "registration_number": "行政相对人代码_3(工商登记码)",
    "legal_representative": "法定代表人姓名",
    "penalty_content": "处罚结果",
    "decision_date": "处罚决定日期",
    "authority_name": "处罚机关",
    "record_state": "当前状态",
    "place_code": "地方编码",
    "source_updated_at": "数据更新时间戳",
    "remark": "备注",
}
PENALTY_2016_CODES: Layout = dict(
    zip(
        PENALTY_2016,
        listed(
            "CF_WSH CF_CFMC CF_CFLB1 CF_SY CF_YJ CF_XDR_MC CF_XDR_SHXYM CF_XDR_ZDM CF_XDR_GSDJ CF_FR CF_JG CF_JDRQ ",
            "CF_XZJG CF_ZT DFBM SJC BZ",
        ),
        strict=True,
    )
)
PENALTY_WEB: Layout = {
    "case_name": "标题",
    "decision_number": "文号",
    "counterpart_name": "当事人",
    "authority_name": "决定机关",
    "decision_date": "处罚时间",
    "violation_type": "违法类型",
    "penalty_content": "处罚内容",
    "source_url": "来源网址",
}
COMPLAINT: Layout = {
    "complaint_number": "登记编号",
    "complaint_type": "诉求类型",
    "received_at": "登记时间",
    "respondent_name": "被投诉方名称",
    "respondent_uscc": "被投诉方统一社会信用代码",
    "respondent_address": "被投诉方地址",
    "platform_name": "平台名称",
    "shop_name": "网店名称",
    "shop_url": "网店网址",
    "goods_or_service": "商品或服务",
    "trade_category": "行业类别",
    "issue_category": "问题类别",
    "content": "诉求内容",
    "disputed_amount_yuan": "争议金额",
    "complainant_name": "投诉人姓名",
    "complainant_phone": "投诉人电话",
    "complainant_address": "投诉人地址",
    "handling_unit": "处理单位",
    "complaint_status": "办理状态",
    "outcome": "办理结果",
    "concluded_at": "办结时间",
    "recovered_amount_yuan": "挽回经济损失",
    "source_updated_at": "数据更新时间",
}
LIST_ENTRY: Layout = {
    "list_type": "名单类型",
    "entry_number": "记录编号",
    "subject_name": "主体名称",
    "subject_category": "主体类别",
    "uscc": "统一社会信用代码",
    "registration_number": "注册号",
    "organisation_code": "组织机构代码",
    "legal_representative": "法定代表人",
    "ground": "列入原因",
    "legal_basis": "列入依据",
    "listed_date": "列入日期",
    "decision_number": "列入决定书文号",
    "deciding_authority": "列入决定机关",
    "removed_date": "移出日期",
    "removal_type": "移出方式",
    "removal_reason": "移出原因",
    "removal_authority": "移出决定机关",
    "valid_until_date": "有效期至",
    "source_updated_at": "数据更新时间",
}
SAMPLING: Layout = {
    "sampling_number": "抽样编号",
    "product_name": "产品名称",
    "product_category": "产品分类",
    "specification": "规格型号",
    "production_date": "生产日期",
    "product_batch_number": "批号",
    "producer_name": "标称生产企业名称",
    "producer_address": "标称生产企业地址",
    "sampled_unit_name": "被抽样单位名称",
    "sampled_unit_address": "被抽样单位地址",
    "platform_name": "平台名称",
    "inspection_item": "检验项目",
    "measurement_unit": "计量单位",
    "measured_value": "检验结果",
    "limit_value": "标准值",
    "conclusion": "检验结论",
    "announcing_unit": "公告单位",
    "announcement_date": "公告日期",
    "information_source": "信息来源",
    "remark": "备注",
}
