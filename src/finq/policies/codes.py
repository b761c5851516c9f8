"""Code tables of the 온통청년 Open API (official sheet), with the English names FinQ's own interfaces use."""

NO_LIMIT = {
    "mrgSttsCd": "0055003",
    "earnCndSeCd": "0043001",
    "plcyMajorCd": "0011009",
    "jobCd": "0013010",
    "schoolCd": "0049010",
    "sbizCd": "0014010",
}

# name in our API -> (native code, Korean label)
EMPLOYMENT = {
    "employed": ("0013001", "재직자"),
    "self_employed": ("0013002", "자영업자"),
    "unemployed": ("0013003", "미취업자"),
    "freelancer": ("0013004", "프리랜서"),
    "day_labourer": ("0013005", "일용근로자"),
    "founder": ("0013006", "(예비)창업자"),
    "short_term": ("0013007", "단기근로자"),
    "farmer": ("0013008", "영농종사자"),
    "other": ("0013009", "기타"),
}
EDUCATION = {
    "below_high_school": ("0049001", "고졸 미만"),
    "high_school_student": ("0049002", "고교 재학"),
    "high_school_graduating": ("0049003", "고졸 예정"),
    "high_school_graduate": ("0049004", "고교 졸업"),
    "university_student": ("0049005", "대학 재학"),
    "university_graduating": ("0049006", "대졸 예정"),
    "university_graduate": ("0049007", "대학 졸업"),
    "postgraduate": ("0049008", "석·박사"),
    "other": ("0049009", "기타"),
}
MAJOR = {
    "humanities": ("0011001", "인문계열"),
    "social": ("0011002", "사회계열"),
    "business": ("0011003", "상경계열"),
    "science": ("0011004", "이학계열"),
    "engineering": ("0011005", "공학계열"),
    "arts_sports": ("0011006", "예체능계열"),
    "agriculture": ("0011007", "농산업계열"),
    "other": ("0011008", "기타"),
}
SPECIAL = {
    "small_business": ("0014001", "중소기업"),
    "women": ("0014002", "여성"),
    "basic_livelihood": ("0014003", "기초생활수급자"),
    "single_parent": ("0014004", "한부모가정"),
    "disabled": ("0014005", "장애인"),
    "farmer": ("0014006", "농업인"),
    "soldier": ("0014007", "군인"),
    "local_talent": ("0014008", "지역인재"),
    "other": ("0014009", "기타"),
}
# What else somebody may count as, so that it rules them out of nothing: a shopkeeper has founded a business, what a
# founder founds may be a farm, who works by the hour is often held to be unemployed, a law student is at a university.
MAY_COUNT_AS = {
    "self_employed": ("founder",),
    "founder": ("self_employed", "unemployed", "farmer"),
    "freelancer": ("self_employed", "founder"),
    "farmer": ("self_employed", "founder"),
    "short_term": ("employed", "unemployed"),
    "day_labourer": ("employed", "unemployed", "short_term"),
    "high_school_graduating": ("high_school_student",),
    "university_student": ("high_school_graduate",),
    "university_graduating": ("university_student", "high_school_graduate"),
    "university_graduate": ("high_school_graduate",),
    "postgraduate": ("university_student", "university_graduate"),
}
MARITAL = {"married": ("0055001", "기혼"), "single": ("0055002", "미혼")}
CATEGORIES = ("일자리", "주거", "교육", "복지문화", "참여권리")
