"""The fictitious words names and texts are made of: no province, city or district here exists."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa


def listed(*lines: str) -> list[str]:
    """The words of some lines, apart by spaces."""
    return " ".join(lines).split()


class District(NamedTuple):
    """A district of the fictitious province; ``division`` is its six-digit code, 99xxxx, assigned to nobody."""

    division: int
    city: str
    county: str


PROVINCE = "沧澜省"
CITY_DIVISIONS = {"岚浦市": 990100, "霁州市": 990200, "苍陵市": 990300}
DISTRICTS = (
    District(990101, "岚浦市", "听涛区"),
    District(990102, "岚浦市", "汀兰区"),
    District(990103, "岚浦市", "砚湖区"),
    District(990121, "岚浦市", "芦汀县"),
    District(990201, "霁州市", "北滨区"),
    District(990202, "霁州市", "星屿区"),
    District(990203, "霁州市", "云麓区"),
    District(990221, "霁州市", "枕溪县"),
    District(990301, "苍陵市", "望澜区"),
    District(990302, "苍陵市", "松屏区"),
    District(990303, "苍陵市", "雁浦区"),
    District(990321, "苍陵市", "朔原县"),
)
OTHER_PROVINCE = "霁川省"
OTHER_DISTRICTS = (
    District(991101, "岱渊市", "澄岭区"),
    District(991102, "岱渊市", "鹿陂区"),
    District(991201, "芙陵市", "溪屏区"),
    District(991202, "芙陵市", "绛湖区"),
)
STREETS = pa.array(
    listed(
        "滨江路 文昌街 建设路 和平路 东风路 望海大道 学府路 荷塘街 站前路 新安路 纺织路 桂花街",
        "石桥巷 工业一路 创新大道",
        "长堤路 育才路 民主路 朝阳街 银杏路 河西街 环城北路 科技园路 南门街 市场路",
        "水厂路 古塔街 松林路 观音桥路 海棠路",
    )
)
FIRST_CHARACTERS = pa.array(
    list(
        "华盛瑞恒鑫泰安康嘉佳金银宏鸿博远达通顺利丰茂源荣昌隆兴旺福禄祥和平正大中天地海江河湖山峰林森木松柏竹梅兰菊"
        "春夏秋冬"
        "东南西北新创智慧云星辰光明亮晨曦朝阳旭日月宇环世时卓越优尚美雅丽艺文墨书香德仁义礼信诚善良真实固坚永久长青绿翠碧蓝紫"
        "红丹赤白玉珠宝贵富裕盈满益惠民众联合同共力强健壮勇飞腾跃龙凤麒虎鹰鹏燕鹤骏驰万千百双"
    )
)
SECOND_CHARACTERS = pa.array(
    list(
        "腾泽辉晟睿铭宸澜霖沐熙航骁畅禾棠沁菲莱茵黎笙岳峻岭川溪澄涵润浩瀚清源洋波涛潮汐岚雾霞虹霄穹辰曜昱昊旻晖煜炜烨烁焕"
        "灿炎煌铂铄锐钧钰锦铖鼎鉴镜钟琪琳瑶瑾璟璞珂珑玥珏琛瑜瑄玺璇珺琦磊硕砚碑础桐梓楠榕樟杉枫桦槿桥栋梁柱楷模榜样杰俊伟"
        "彦贤哲达博弘宽厚朴纯淳静宁谧舒适悦欣怡乐欢馨芳芬芷苒茗葵蕊"
    )
)
# Characters of former brands only: a former name can then never be another enterprise's name by accident.
FORMER_CHARACTERS = pa.array(list("奕翊翎翰羿耘耕稷穗秧苗芽萌苑苇蓬蒲荻蔚蔓藤萱薇荷莲菱芡"))
COMMON_BRANDS = pa.array(
    listed(
        "鑫源 顺发 好又多 聚福 喜来 万家 百姓 惠民 老街 福满 家家 一品 阿婆 小明 大众 同福 四季 吉祥 天天 鸿运",
    )
)
SURNAMES = pa.array(
    list("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚")
)
GIVEN_NAMES = pa.array(
    listed(
        "建国 志强 秀英 桂兰 玉梅 海燕 春生 德福 文斌 小红 晓东 丽娟 永贵 长林 素珍 国平 爱华 立新 金凤",
        "云飞 雪梅 家豪 子涵",
        "一鸣 思远 佳怡 俊杰 敏 伟 芳 磊 静 涛 勇 艳 军 洁 鹏 倩 波",
    )
)


class Trade(NamedTuple):
    """What an enterprise does: the word in its name, the group that rules its licences, its business scope."""

    word: str
    group: str
    scope: str


COMPANY_TRADES = tuple(
    Trade(*line.split("|"))
    for line in (
        "食品|food|食品生产；食品销售；食用农产品批发、零售",
        "粮油|food|粮油批发；粮食加工食品生产；预包装食品销售",
        "乳业|food|乳制品生产；食品销售（仅销售预包装食品）",
        "调味品|food|调味品生产；食品添加剂销售",
        "茶业|food|茶叶制品生产；茶具销售；食用农产品初加工",
        "水产|food|水产品批发；食用农产品零售；低温仓储",
        "酒业|food|酒类经营；食品互联网销售",
        "餐饮管理|catering|餐饮服务；餐饮管理；外卖递送服务",
        "酒店管理|catering|住宿服务；餐饮服务；酒店管理；会议及展览服务",
        "医药|drug|药品批发；药品零售；第二类医疗器械销售；保健食品销售",
        "医疗器械|drug|第二类医疗器械销售；第三类医疗器械经营；消毒器械销售",
        "生物科技|drug|化妆品生产；技术服务、技术开发、技术咨询；化妆品批发",
        "电子商务|online|互联网销售（除销售需要许可的商品）；日用百货销售；服装服饰零售",
        "网络科技|online|互联网信息服务；软件开发；网络与信息安全软件开发",
        "文化传媒|online|广告设计、代理；网络文化经营；组织文化艺术交流活动",
        "商贸|trade|日用百货销售；五金产品批发；针纺织品销售；办公用品销售",
        "贸易|trade|货物进出口；技术进出口；国内贸易代理；金属材料销售",
        "供应链管理|logistics|供应链管理服务；普通货物仓储服务；报关业务",
        "物流|logistics|道路货物运输（不含危险货物）；国内货物运输代理；装卸搬运",
        "快递|logistics|快递服务；国内集装箱货物运输代理",
        "机械制造|factory|机械设备研发；通用设备制造；机械零件、零部件加工",
        "电器|factory|家用电器制造；电子元器件批发；照明器具制造",
        "塑料制品|factory|塑料制品制造；塑料包装箱及容器制造；橡胶制品销售",
        "纺织|factory|面料纺织加工；针织或钩针编织物及其制品制造",
        "家具|factory|家具制造；家具销售；家具安装和维修服务",
        "服饰|factory|服装制造；服饰研发；鞋帽批发",
        "建筑工程|building|建设工程施工；建筑材料销售；园林绿化工程施工",
        "装饰工程|building|住宅室内装饰装修；建筑装饰材料销售",
        "物业管理|service|物业管理；停车场服务；家政服务",
        "教育咨询|service|教育咨询服务（不含涉许可审批的教育培训活动）；文具用品零售",
        "旅游|service|旅游业务；票务代理服务；旅游开发项目策划咨询",
        "汽车服务|service|机动车修理和维护；汽车零配件零售；洗车服务",
    )
)
SHOP_TRADES = tuple(
    Trade(*line.split("|"))
    for line in (
        "小吃店|catering|小吃服务；餐饮服务",
        "餐馆|catering|餐饮服务；酒类零售",
        "面馆|catering|餐饮服务；小吃服务",
        "火锅店|catering|餐饮服务",
        "早餐店|catering|小吃服务；食品销售",
        "便利店|food|食品销售；烟草制品零售；日用百货零售",
        "生鲜超市|food|食用农产品零售；新鲜蔬菜零售；鲜肉零售",
        "水果店|food|新鲜水果零售；食用农产品零售",
        "副食品经营部|food|食品销售；日用杂品销售",
        "大药房|drug|药品零售；医疗器械零售；保健食品销售",
        "诊所|drug|诊所服务",
        "化妆品店|drug|化妆品零售；个人卫生用品销售",
        "服装店|trade|服装服饰零售；鞋帽零售",
        "五金店|trade|五金产品零售；电线、电缆经营",
        "建材经营部|building|建筑材料销售；建筑装饰材料销售",
        "手机店|online|移动终端设备销售；通讯设备修理",
        "百货商行|online|日用百货销售；互联网销售（除销售需要许可的商品）",
        "理发店|service|理发服务；化妆品零售",
        "汽车维修部|service|机动车修理和维护",
        "旅馆|service|住宿服务",
    )
)
CROPS = tuple(
    Trade(f"{crop}{form}专业合作社", "farming", f"{crop}的种植、收购、销售；农业生产资料的购买、使用")
    for crop in ("蔬菜", "水果", "水稻", "茶叶", "花卉", "食用菌", "中药材", "生猪养殖", "水产养殖", "苗木")
    for form in ("农民", "种植")
    if not (form == "种植" and "养殖" in crop)
)
COMPANY_FORMS = pa.array(
    ["有限公司", "有限公司", "有限公司", "有限公司", "有限责任公司", "有限责任公司", "股份有限公司"]
)
PLATFORMS = pa.array(["云集市", "海淘街", "拾光优选", "邻里购", "潮汐直播"])
PLATFORM_HOSTS = pa.array(
    ["yunjishi.example", "haitaojie.example", "shiguang.example", "linligou.example", "chaoxi.example"]
)
